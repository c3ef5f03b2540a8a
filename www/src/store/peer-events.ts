/** What the peer tells, put into the state. */
import type { ContactView, DeliveryState, Message, PeerEvent } from '../api.ts';
import { conversationOf, withConversation, type Dialog, type State, type View } from '../store.ts';

/** Returns the state after an event of the peer. */
export function reducePeerEvent(state: State, event: PeerEvent): State {
  switch (event.type) {
    case 'own':
      return { ...state, own: event.own };
    case 'contact':
      return withContact(state, event.contact);
    case 'contactRemoved':
      return withoutContact(state, event.address);
    case 'message':
      return withMessages(state, event.message.contact, (messages) => merge(messages, [event.message]));
    case 'delivery':
      return withMessages(state, event.contact, (messages) =>
        setDelivery(messages, event.message, event.state),
      );
    case 'clockWrong':
      return { ...state, clockOffsetMs: event.offsetMs };
    case 'network':
      return { ...state, network: event.network };
    case 'storageFailed':
      return { ...state, storageFailed: true };
    case 'stopped':
      return { ...state, phase: { type: 'stopped' } };
    default:
      return event satisfies never;
  }
}

/** Returns both lists as one: each id once, the newer value of it, ascending by `order`. */
export function merge(held: readonly Message[], come: readonly Message[]): readonly Message[] {
  const last = held.at(-1);
  const [only] = come;
  // Nearly every message is one that belongs at the end.
  if (come.length === 1 && only !== undefined && (last === undefined || last.order < only.order)) {
    return [...held, only];
  }
  const byId = new Map(held.map((message) => [message.id, message]));
  for (const message of come) byId.set(message.id, message);
  return [...byId.values()].sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
}

function setDelivery(
  messages: readonly Message[],
  id: string,
  state: DeliveryState,
): readonly Message[] {
  const index = messages.findLastIndex((message) => message.id === id);
  const message = messages[index];
  return message === undefined ? messages : messages.with(index, { ...message, state });
}

function withMessages(
  state: State,
  contact: string,
  change: (messages: readonly Message[]) => readonly Message[],
): State {
  const held = conversationOf(state, contact).messages;
  const messages = change(held);
  return messages === held ? state : withConversation(state, contact, { messages });
}

function withContact(state: State, contact: ContactView): State {
  const contacts = new Map(state.contacts).set(contact.address, contact);
  const before = state.contacts.get(contact.address)?.standing;
  const isBlockedNow = contact.standing === 'blocked' && before !== 'blocked';
  const isShown = state.view.type === 'chat' && state.view.contact === contact.address;
  const view: View = isBlockedNow && isShown ? { type: 'list' } : state.view;
  const next = { ...state, contacts, view };
  return contact.newInstall ? withConversation(next, contact.address, { newInstall: true }) : next;
}

/** Forgets a contact wherever it is on the screen. */
function withoutContact(state: State, address: string): State {
  const contacts = new Map(state.contacts);
  contacts.delete(address);
  const conversations = new Map(state.conversations);
  conversations.delete(address);
  const isShown = state.view.type === 'chat' && state.view.contact === address;
  return {
    ...state,
    contacts,
    conversations,
    view: isShown ? { type: 'list' } : state.view,
    dialogs: state.dialogs.filter((dialog) => !concerns(dialog, address)),
  };
}

function concerns(dialog: Dialog, address: string): boolean {
  return 'contact' in dialog && dialog.contact === address;
}
