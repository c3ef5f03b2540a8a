/**
 * The state of the page, and the one function that changes it.
 *
 * `reduce` is pure: what came from the peer and what the person did go in, the next state comes out.
 * Nothing here decides about keys, retries or order; messages are shown by the peer's own sort key.
 */
import type { ContactView, KeyPattern, Message, NetworkView, OwnView, ParsedAddress } from './api.ts';
import type { Problem } from './problem.ts';
import { reducePeerEvent, merge } from './store/peer-events.ts';
import type { PeerEvent } from './api.ts';

export interface State {
  readonly phase: Phase;
  /** The wall clock, moved once a minute: what "today" means. */
  readonly nowMs: number;
  readonly own: OwnView | undefined;
  readonly contacts: ReadonlyMap<string, ContactView>;
  readonly patterns: ReadonlyMap<string, KeyPattern>;
  readonly conversations: ReadonlyMap<string, Conversation>;
  readonly network: NetworkView | undefined;
  readonly clockOffsetMs: number;
  readonly storageFailed: boolean;
  readonly view: View;
  /** The last one is on the screen; closing it shows the one before. */
  readonly dialogs: readonly Dialog[];
  readonly search: Search;
  /** The link to this identity; undefined until it is made. */
  readonly link: string | undefined;
  readonly announcement: Announcement;
  /** Why the last thing that was asked for was not done; until it is dismissed or something else is asked for. */
  readonly failure: Problem | undefined;
}

export type Phase =
  | { type: 'starting' }
  | { type: 'ready' }
  | { type: 'unsupported'; missing: Missing }
  | { type: 'failed'; problem: Problem }
  | { type: 'stopped' };

/** What the browser does not have. */
export type Missing = 'wasm' | 'webSocket' | 'secureContext';

export type View = { type: 'list' } | { type: 'chat'; contact: string } | { type: 'requests' };

export interface Conversation {
  /** Ascending by `order`, each id once. */
  readonly messages: readonly Message[];
  readonly draft: string;
  /** Why the last text was not taken. */
  readonly problem: Problem | undefined;
  /** They came with a new installation; said until the conversation is left. */
  readonly newInstall: boolean;
  readonly history: 'unknown' | 'loading' | 'more' | 'complete';
}

export const emptyConversation: Conversation = {
  messages: [],
  draft: '',
  problem: undefined,
  newInstall: false,
  history: 'unknown',
};

/** What the one field holds: words to search for, or an address. */
export interface Search {
  readonly text: string;
  readonly outcome: Outcome | undefined;
}

export type Outcome =
  | { type: 'found'; parsed: ParsedAddress; text: string }
  | { type: 'problem'; problem: Problem };

export type Dialog =
  | { type: 'myAddress'; problem?: Problem }
  | { type: 'add'; text: string; parsed: ParsedAddress; problem?: Problem }
  | { type: 'badInvite'; problem: Problem }
  | { type: 'details'; contact: string; safetyNumber?: string }
  | { type: 'rename'; contact: string; problem?: Problem }
  | { type: 'confirm'; what: Consequence; contact: string }
  | { type: 'settings'; problem?: Problem }
  | { type: 'phraseShow'; words?: readonly string[] }
  | { type: 'phraseRestore'; busy?: boolean; problem?: Problem }
  | { type: 'blocked' }
  | { type: 'network' }
  | { type: 'about' };

/** What needs a second click, because it cannot be undone or the other side will not know. */
export type Consequence = 'remove' | 'block' | 'unblock' | 'deleteRequest';

/** The one polite live region; `serial` makes the same words count anew. */
export interface Announcement {
  readonly text: string;
  readonly serial: number;
}

export type StoreEvent =
  | { type: 'peer'; event: PeerEvent }
  | { type: 'phase'; phase: Phase }
  | { type: 'tick'; nowMs: number }
  | { type: 'pattern'; address: string; pattern: KeyPattern }
  | { type: 'searched'; text: string; outcome?: Outcome }
  | { type: 'view'; view: View }
  | { type: 'dialogOpened'; dialog: Dialog }
  | { type: 'dialogChanged'; dialog: Dialog }
  | { type: 'dialogClosed' }
  | { type: 'dialogsClosed' }
  | { type: 'linkMade'; link: string }
  | { type: 'drafted'; contact: string; text: string }
  | { type: 'sent'; contact: string }
  | { type: 'sendRefused'; contact: string; text: string; problem: Problem }
  | { type: 'historyAsked'; contact: string }
  | { type: 'history'; contact: string; messages: readonly Message[]; complete: boolean }
  | { type: 'announced'; text: string }
  | { type: 'failed'; problem: Problem | undefined }
  | { type: 'replaced' };

/** Returns the state of a page that has just been opened. */
export function startState(nowMs: number): State {
  return {
    phase: { type: 'starting' },
    nowMs,
    own: undefined,
    contacts: new Map(),
    patterns: new Map(),
    conversations: new Map(),
    network: undefined,
    clockOffsetMs: 0,
    storageFailed: false,
    view: { type: 'list' },
    dialogs: [],
    search: { text: '', outcome: undefined },
    link: undefined,
    announcement: { text: '', serial: 0 },
    failure: undefined,
  };
}

/** Returns the state after an event. */
export function reduce(state: State, event: StoreEvent): State {
  switch (event.type) {
    case 'peer':
      return reducePeerEvent(state, event.event);
    case 'phase':
      return { ...state, phase: event.phase };
    case 'tick':
      return { ...state, nowMs: event.nowMs };
    case 'pattern':
      return { ...state, patterns: new Map(state.patterns).set(event.address, event.pattern) };
    case 'searched':
      return { ...state, search: { text: event.text, outcome: event.outcome } };
    case 'view':
      return changeView(state, event.view);
    case 'dialogOpened':
      return { ...state, dialogs: [...state.dialogs, event.dialog] };
    case 'dialogChanged':
      return changeDialog(state, event.dialog);
    case 'dialogClosed':
      return { ...state, dialogs: state.dialogs.slice(0, -1) };
    case 'dialogsClosed':
      return { ...state, dialogs: [] };
    case 'linkMade':
      return { ...state, link: event.link };
    case 'drafted':
      return withConversation(state, event.contact, { draft: event.text, problem: undefined });
    case 'sent':
      return withConversation(state, event.contact, { draft: '', problem: undefined });
    case 'sendRefused':
      return refuse(state, event.contact, event.text, event.problem);
    case 'historyAsked':
      return withConversation(state, event.contact, { history: 'loading' });
    case 'history': {
      const { messages } = conversationOf(state, event.contact);
      return withConversation(state, event.contact, {
        messages: merge(messages, event.messages),
        history: event.complete ? 'complete' : 'more',
      });
    }
    case 'announced':
      return { ...state, announcement: { text: event.text, serial: state.announcement.serial + 1 } };
    case 'failed':
      return event.problem === state.failure ? state : { ...state, failure: event.problem };
    case 'replaced':
      return { ...startState(state.nowMs), phase: { type: 'ready' }, announcement: state.announcement };
    default:
      return event satisfies never;
  }
}

/** Returns the conversation with a contact, which may be empty. */
export function conversationOf(state: State, contact: string): Conversation {
  return state.conversations.get(contact) ?? emptyConversation;
}

/** Returns the dialog on the screen. */
export function topDialog(state: State): Dialog | undefined {
  return state.dialogs.at(-1);
}

/** Returns the state with a part of one conversation changed. */
export function withConversation(state: State, contact: string, change: Partial<Conversation>): State {
  const conversation = { ...conversationOf(state, contact), ...change };
  return { ...state, conversations: new Map(state.conversations).set(contact, conversation) };
}

/** Whoever leaves a conversation has seen its notice of a new installation. */
function changeView(state: State, view: View): State {
  const left = state.view.type === 'chat' ? state.view.contact : undefined;
  const hasLeft = left !== undefined && !(view.type === 'chat' && view.contact === left);
  const next = { ...state, view };
  return hasLeft && conversationOf(state, left).newInstall
    ? withConversation(next, left, { newInstall: false })
    : next;
}

/** Gives a text back to the composer, unless the person has begun another one. */
function refuse(state: State, contact: string, text: string, problem: Problem): State {
  const { draft } = conversationOf(state, contact);
  return withConversation(state, contact, { draft: draft === '' ? text : draft, problem });
}

/** Changes the dialog on the screen; an answer that comes after its dialog was closed is dropped. */
function changeDialog(state: State, dialog: Dialog): State {
  const top = topDialog(state);
  if (top?.type !== dialog.type) return state;
  if ('contact' in top && 'contact' in dialog && top.contact !== dialog.contact) return state;
  return { ...state, dialogs: [...state.dialogs.slice(0, -1), dialog] };
}
