/**
 * The state of the page, and the one function that changes it.
 *
 * `reduce` is pure: what came from the peer and what the person did go in, the next state comes out.
 * Nothing here decides about keys, retries or order; messages are shown by the peer's own sort key.
 */
import type {
  ContactView,
  Imported,
  KeyPattern,
  Message,
  NetworkView,
  OwnView,
  ParsedAddress,
  PeerEvent,
  StorageView,
  Stopped,
} from './api.ts';
import type { Problem } from './problem.ts';
import {
  emptyConversation,
  merge,
  withEarlier,
  withLater,
  withStretch,
  type Conversation,
  type Stretch,
} from './store/conversation.ts';
import { reducePeerEvent } from './store/peer-events.ts';

export { emptyConversation, lastOf, type Conversation } from './store/conversation.ts';

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
  /** How the peer keeps what it knows; undefined until it has told. */
  readonly storage: StorageView | undefined;
  readonly keeping: Keeping;
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
  | { type: 'starting'; what: 'looking' | 'making' | 'opening' }
  | { type: 'ready' }
  | { type: 'unsupported'; missing: Missing }
  | { type: 'failed'; problem: Problem }
  /** A passphrase is asked for. */
  | { type: 'locked'; busy: boolean; problem: Problem | undefined }
  /** An identity was here and cannot be opened: a person must decide. */
  | { type: 'lost'; what: Lost }
  /** Another tab put another identity in its place. */
  | { type: 'replaced' }
  | { type: 'stopped'; why: Exclude<Stopped, 'locked' | 'replaced'> };

/** Why what is kept cannot be opened: the browser removed it, it cannot be read, a newer version wrote it. */
export type Lost = 'gone' | 'damaged' | 'newer';

/** What is still to be said about keeping the identity. */
export interface Keeping {
  /** The browser is being asked to keep what is stored. */
  readonly isAsking: boolean;
  /** The twelve words of this identity were noted, and checked. */
  readonly isNoted: boolean;
  /** Not now, for as long as the page is open. */
  readonly isPutOff: boolean;
}

/** What the browser does not have. */
export type Missing = 'wasm' | 'webSocket' | 'secureContext';

export type View = { type: 'list' } | { type: 'chat'; contact: string } | { type: 'requests' };

/** What the one field holds: words to search for, or an address. */
export interface Search {
  readonly text: string;
  readonly outcome: Outcome | undefined;
  /** The messages found for the words, or for those that stood there a moment ago. */
  readonly found: FoundMessages | undefined;
}

export interface FoundMessages {
  readonly messages: readonly Message[];
  /** Whether the whole history was searched. */
  readonly complete: boolean;
  /** The words that were searched for. */
  readonly text: string;
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
  | { type: 'phraseShow'; words?: readonly string[]; problem?: Problem }
  | { type: 'phraseCheck'; words: readonly string[]; asked: readonly number[]; problem?: Problem }
  | { type: 'phraseRestore'; busy?: boolean; problem?: Problem }
  | { type: 'beginAnew'; busy?: boolean; problem?: Problem }
  | { type: 'endConversation'; contact: string; busy?: boolean }
  | { type: 'storage'; answer?: 'asking' | 'refused' }
  | { type: 'lock' }
  | { type: 'lockSet'; way: LockWay; busy?: boolean; problem?: Problem }
  | { type: 'backup'; step: BackupStep; restored?: boolean }
  | { type: 'blocked' }
  | { type: 'network' }
  | { type: 'about' };

/** What needs a second click, because it cannot be undone or the other side will not know. */
export type Consequence = 'remove' | 'block' | 'unblock' | 'deleteRequest' | 'deleteHistory';

export type LockWay = 'set' | 'change' | 'remove';

/** How far a backup has come. */
export type BackupStep =
  | { type: 'rest' }
  | { type: 'making' }
  | { type: 'made'; bytes: number }
  | { type: 'taking' }
  | { type: 'taken'; imported: Imported }
  | { type: 'failed'; problem: Problem };

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
  | { type: 'found'; found: FoundMessages }
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
  | { type: 'laterAsked'; contact: string }
  | { type: 'later'; contact: string; messages: readonly Message[]; complete: boolean }
  | { type: 'stretch'; contact: string; earlier: Stretch; later: Stretch }
  | { type: 'target'; contact: string; message: string }
  | { type: 'lasts'; messages: readonly Message[] }
  | { type: 'historyStale' }
  | { type: 'keeping'; change: Partial<Keeping> }
  | { type: 'announced'; text: string }
  | { type: 'failed'; problem: Problem | undefined }
  | { type: 'cleared'; phase: Phase };

/** Returns the state of a page that has just been opened. */
export function startState(nowMs: number): State {
  return {
    phase: { type: 'starting', what: 'looking' },
    nowMs,
    own: undefined,
    contacts: new Map(),
    patterns: new Map(),
    conversations: new Map(),
    network: undefined,
    clockOffsetMs: 0,
    storage: undefined,
    keeping: { isAsking: false, isNoted: false, isPutOff: false },
    view: { type: 'list' },
    dialogs: [],
    search: { text: '', outcome: undefined, found: undefined },
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
      return { ...state, search: { text: event.text, outcome: event.outcome, found: stillFound(state, event) } };
    case 'found':
      return { ...state, search: { ...state.search, found: event.found } };
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
    case 'history':
      return withConversation(state, event.contact, withEarlier(conversationOf(state, event.contact), event));
    case 'laterAsked':
      return withConversation(state, event.contact, { later: 'loading' });
    case 'later':
      return withConversation(state, event.contact, withLater(conversationOf(state, event.contact), event));
    case 'stretch': {
      const held = conversationOf(state, event.contact);
      return withConversation(state, event.contact, withStretch(held, event.earlier, event.later));
    }
    case 'target': {
      const serial = (conversationOf(state, event.contact).target?.serial ?? 0) + 1;
      return withConversation(state, event.contact, { target: { message: event.message, serial } });
    }
    case 'lasts':
      return withLasts(state, event.messages);
    case 'historyStale':
      return withStaleHistory(state);
    case 'keeping':
      return { ...state, keeping: { ...state.keeping, ...event.change } };
    case 'announced':
      return { ...state, announcement: { text: event.text, serial: state.announcement.serial + 1 } };
    case 'failed':
      return event.problem === state.failure ? state : { ...state, failure: event.problem };
    case 'cleared':
      return cleared(state, event.phase);
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

/** Returns the state of a page that shows nothing of an identity any more. */
export function cleared(state: State, phase: Phase): State {
  return { ...startState(state.nowMs), phase, announcement: state.announcement };
}

/** Whoever leaves a conversation has seen its notice of a new installation, and what they jumped to. */
function changeView(state: State, view: View): State {
  const left = state.view.type === 'chat' ? state.view.contact : undefined;
  const hasLeft = left !== undefined && !(view.type === 'chat' && view.contact === left);
  const next = { ...state, view };
  if (!hasLeft) return next;
  const { newInstall, target } = conversationOf(state, left);
  return newInstall || target !== undefined
    ? withConversation(next, left, { newInstall: false, target: undefined })
    : next;
}

/** What was found stays on the screen while the next answer is awaited, as long as words are searched for. */
function stillFound({ search }: State, event: { text: string; outcome?: Outcome }): FoundMessages | undefined {
  return event.text.trim() === '' || event.outcome !== undefined ? undefined : search.found;
}

/** Puts the last message of each conversation into the list. */
function withLasts(state: State, lasts: readonly Message[]): State {
  const conversations = new Map(state.conversations);
  for (const message of lasts) {
    const held = conversations.get(message.contact) ?? emptyConversation;
    const isHeld = held.history !== 'unknown';
    // Where a page is loaded, the peer's events keep it up to date.
    if (!isHeld) conversations.set(message.contact, { ...held, messages: merge(held.messages, [message]) });
  }
  return { ...state, conversations };
}

/** Forgets which messages there are: a backup has brought others, between those that were loaded. */
function withStaleHistory(state: State): State {
  const conversations = [...state.conversations].map(([contact, { draft, problem, newInstall }]) => {
    const stale: Conversation = { ...emptyConversation, draft, problem, newInstall };
    return [contact, stale] as const;
  });
  return { ...state, conversations: new Map(conversations), search: { ...state.search, found: undefined } };
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
