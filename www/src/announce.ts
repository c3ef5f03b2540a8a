/** What the polite live region says when something comes from the peer. */
import type { PeerEvent } from './api.ts';
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
      const isNew = before.contacts.get(event.contact.address)?.standing !== 'request';
      return isNew && event.contact.standing === 'request' ? strings.requests.arrived : undefined;
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
    case 'storageFailed':
      return before.storageFailed ? undefined : strings.notices.storageFailed;
    case 'stopped':
      return strings.stopped.text;
    case 'contactRemoved':
      return undefined;
    default:
      return event satisfies never;
  }
}

function isHeld(state: State, contact: string, id: string): boolean {
  return state.conversations.get(contact)?.messages.some((message) => message.id === id) ?? false;
}
