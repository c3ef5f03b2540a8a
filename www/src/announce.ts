/** What the polite live region says when something comes from the peer. */
import type { PeerEvent, StorageView, Stopped } from './api.ts';
import { oneLine, span } from './format.ts';
import { nameFor, ownConnection } from './people.ts';
import type { State } from './store.ts';
import { strings } from './strings.ts';

/** Returns the words for an event, or nothing when it needs none. */
export function announcementFor(before: State, after: State, event: PeerEvent): string | undefined {
  switch (event.type) {
    case 'message': {
      const { message } = event;
      if (message.author === 'me' || isHeld(before, message.contact, message.id)) return undefined;
      if (after.contacts.get(message.contact)?.standing === 'request') return undefined;
      const name = nameFor(after, message.contact);
      const isOpen = after.view.type === 'chat' && after.view.contact === message.contact;
      return isOpen
        ? strings.chat.newMessage(name, oneLine(message.text))
        : strings.chat.newMessageElsewhere(name);
    }
    case 'contact': {
      const was = before.contacts.get(event.contact.address);
      if (event.contact.standing === 'request') return was?.standing === 'request' ? undefined : strings.requests.arrived;
      const hasEnded = was !== undefined && was.ended === undefined && event.contact.ended !== undefined;
      return hasEnded ? strings.ending.ended(nameFor(after, event.contact.address)) : undefined;
    }
    case 'delivery':
      return event.state === 'notSent' ? strings.delivery.notSent : undefined;
    case 'network': {
      const was = ownConnection(before.network).type;
      const is = ownConnection(after.network);
      if (before.network === undefined || was === is.type) return undefined;
      return is.type === 'connected' ? strings.notices.connectedAgain : is.words;
    }
    case 'own': {
      const isNew = before.own?.findable !== 'inUseElsewhere';
      return isNew && event.own.findable === 'inUseElsewhere' ? strings.notices.inUse : undefined;
    }
    case 'clockWrong': {
      const isNew = before.clockOffsetMs === 0 && event.offsetMs !== 0;
      return isNew ? strings.notices.clockWrong(span(event.offsetMs)) : undefined;
    }
    case 'storage':
      return storageWords(before.storage, event.storage);
    case 'stopped':
      return stoppedWords(event.why, after);
    case 'historyDeleted':
      return strings.ending.historyDeleted;
    case 'contactRemoved':
      return undefined;
    default:
      return event satisfies never;
  }
}

/** What is said of storage when it changes; that it works needs no words before it ever failed. */
function storageWords(before: StorageView | undefined, now: StorageView): string | undefined {
  if (before?.problem !== now.problem) {
    return now.problem === undefined ? (before && strings.storage.works) : strings.storage[now.problem];
  }
  return before === undefined && !now.kept ? strings.notices.memory : undefined;
}

function stoppedWords(why: Stopped, { storage }: State): string {
  switch (why) {
    case 'locked':
      return strings.opening.locked.now;
    case 'replaced':
      return strings.opening.replaced.title;
    case 'outdated':
      return strings.opening.stopped.outdated;
    case 'closed':
      return storage?.kept === false ? strings.opening.stopped.closedInMemory : strings.opening.stopped.closed;
    default:
      return why satisfies never;
  }
}

function isHeld(state: State, contact: string, id: string): boolean {
  const held = state.conversations.get(contact);
  return [held?.messages, held?.tail].some((list) => list?.some((message) => message.id === id));
}
