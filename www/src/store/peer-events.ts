/** What the peer tells, put into the state. */
import type { ContactView, PeerEvent, Stopped } from '../api.ts';
import { cleared, conversationOf, withConversation, type Dialog, type State, type View } from '../store.ts';
import { emptyConversation, withDelivery, withMessage, type Conversation } from './conversation.ts';

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
      return withChange(state, event.message.contact, (held) => withMessage(held, event.message));
    case 'delivery':
      return withChange(state, event.contact, (held) => withDelivery(held, event.message, event.state));
    case 'historyDeleted':
      return withoutHistory(state, event.address);
    case 'clockWrong':
      return { ...state, clockOffsetMs: event.offsetMs };
    case 'network':
      return { ...state, network: event.network };
    case 'storage':
      return { ...state, storage: event.storage };
    case 'stopped':
      return stopped(state, event.why);
    default:
      return event satisfies never;
  }
}

function withChange(
  state: State,
  contact: string,
  change: (held: Conversation) => Partial<Conversation> | undefined,
): State {
  const changed = change(conversationOf(state, contact));
  return changed === undefined ? state : withConversation(state, contact, changed);
}

/** What was locked or replaced is not for the screen any more. */
function stopped(state: State, why: Stopped): State {
  switch (why) {
    case 'locked':
      return cleared(state, { type: 'locked', busy: false, problem: undefined });
    case 'replaced':
      return cleared(state, { type: 'replaced' });
    case 'closed':
    case 'outdated':
      return { ...state, phase: { type: 'stopped', why } };
    default:
      return why satisfies never;
  }
}

/** The messages are gone; what is being written is not. */
function withoutHistory(state: State, address: string): State {
  const { draft, problem, newInstall } = conversationOf(state, address);
  const { found } = state.search;
  const messages = found?.messages.filter((message) => message.contact !== address) ?? [];
  const search = found === undefined ? state.search : { ...state.search, found: { ...found, messages } };
  const empty: Conversation = { ...emptyConversation, draft, problem, newInstall, history: 'complete' };
  return withConversation({ ...state, search }, address, empty);
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
