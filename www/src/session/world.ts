/** A session over a peer that only writes down what it is asked: for the tests of the session. */
import type { ContactView, Found, Imported, Message, OpenOptions, PeerEvent, Profile, StorageView } from '../api.ts';
import { startSession, type OpenPeer, type Port, type Session } from '../session.ts';
import { startState } from '../store.ts';
import { makeStore, type Store } from '../store/live.ts';

export const own = 'lowkey1own';
export const ann = 'lowkey1ann';

export interface World {
  readonly store: Store;
  readonly session: Session;
  /** Every call of the peer, as "method argument argument". */
  readonly calls: string[];
  /** What the peers opened so far were told to tell. */
  readonly tell: ((event: PeerEvent) => void)[];
  /** Errors that the next call of a method rejects with. */
  readonly refuse: Map<string, string>;
  /** What the peer answers. */
  readonly answers: Answers;
  /** The options of each `open`. */
  readonly opened: OpenOptions[];
  /** The files that were handed to the person. */
  readonly files: { name: string; bytes: Uint8Array }[];
  /** Waits until all promises that were made have been kept. */
  settle(): Promise<void>;
}

export interface Answers {
  persist: boolean;
  found: Found;
  imported: Imported;
  last: Message[];
  earlier: Message[];
  later: Message[];
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Opens the page of a browser that keeps this. */
export async function open(
  profile: Profile = { type: 'none' },
  firstOpen?: string,
  last: Message[] = [],
): Promise<World> {
  const calls: string[] = [];
  const tell: World['tell'] = [];
  const refuse: World['refuse'] = new Map();
  if (firstOpen !== undefined) refuse.set('open', firstOpen);
  const opened: OpenOptions[] = [];
  const files: World['files'] = [];
  const notes = new Set<string>();
  const answers: Answers = {
    persist: true,
    found: { messages: [], complete: true },
    imported: { contacts: 0, messages: 0 },
    last,
    earlier: [],
    later: [],
  };
  const call = <T>(name: string, answer: T, ...args: unknown[]): Promise<T> => {
    calls.push([name, ...args].join(' ').trim());
    const code = refuse.get(name);
    refuse.delete(name);
    return code === undefined ? Promise.resolve(answer) : Promise.reject(coded(code));
  };
  const peer = (): OpenPeer => ({
    add: (text, name) => call('add', ann, text, name),
    rename: (contact, name) => call('rename', undefined, contact, name),
    remove: (contact) => call('remove', undefined, contact),
    block: (contact) => call('block', undefined, contact),
    unblock: (contact) => call('unblock', undefined, contact),
    acceptRequest: (contact) => call('acceptRequest', undefined, contact),
    deleteRequest: (contact) => call('deleteRequest', undefined, contact),
    send: (contact, text) => call('send', 'id', contact, text),
    retry: (contact, message) => call('retry', undefined, contact, message),
    reach: (contact) => call('reach', undefined, contact),
    markSeen: (contact) => call('markSeen', undefined, contact),
    setPresence: (mode) => call('setPresence', undefined, mode),
    hideAddress: (contact, hide) => call('hideAddress', undefined, contact, hide),
    setName: (name) => call('setName', undefined, name),
    createInvite: () => call('createInvite', '#i/AQ'),
    showPhrase: () => call('showPhrase', 'one two'),
    useHere: () => call('useHere', undefined),
    safetyNumber: (contact) => call('safetyNumber', '12345', contact),
    history: (contact, before, limit) => call('history', answers.earlier, contact, before, limit),
    later: (contact, after, limit) => call('later', answers.later, contact, after, limit),
    lastMessages: () => call('lastMessages', answers.last),
    search: (text, limit) => call('search', answers.found, text, limit),
    endConversation: (contact, burn) => call('endConversation', undefined, contact, burn),
    deleteHistory: (contact) => call('deleteHistory', undefined, contact),
    setLock: (fresh, current) => call('setLock', undefined, fresh, current),
    lock: () => call('lock', undefined),
    persist: () => call('persist', answers.persist),
    exportBackup: () => call('exportBackup', new Uint8Array(1200)),
    importBackup: (file) => call('importBackup', answers.imported, file.length),
    reconnect: () => call('reconnect', undefined),
    close: () => call('close', undefined),
  });
  const port: Port = {
    look: () => Promise.resolve(profile),
    open: async (options, onEvent) => {
      opened.push(options);
      await call('open', undefined, options.phrase);
      tell.push(onEvent);
      onEvent({ type: 'own', own: { address: own, presence: 'visible', findable: 'notYet', hidesAddress: false } });
      return peer();
    },
    parseAddress: (text) => {
      if (text.includes('typo')) throw coded('addressChecksum');
      return { address: text, expired: false };
    },
    keyPattern: () => ({ cells: [], hue: 7 }),
  };
  const store = makeStore(startState(0));
  const page = {
    origin: 'https://chat.example.org',
    relay: undefined,
    isVisible: () => true,
    reload: () => calls.push('reload'),
    download: (name: string, bytes: Uint8Array) => files.push({ name, bytes }),
    isNoted: (address: string) => notes.has(address),
    note: (address: string) => notes.add(address),
  };
  const session = await startSession(port, store, page);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
  };
  return { store, session, calls, tell, refuse, answers, opened, files, settle };
}

/** Returns what the peer tells of Ann. */
export function contact(change: Partial<ContactView> = {}): PeerEvent {
  const view: ContactView = {
    address: ann,
    standing: 'contact',
    reach: { type: 'notOnline' },
    unread: 0,
    newInstall: false,
    hidesAddress: false,
    ...change,
  };
  return { type: 'contact', contact: view };
}

/** Returns what the peer tells of storage. */
export function storage(change: Partial<StorageView> = {}): PeerEvent {
  return { type: 'storage', storage: { kept: true, locks: false, ...change } };
}

/** Returns a message of Ann. */
export function message(order: string, change: Partial<Message> = {}): Message {
  return {
    contact: ann,
    id: order,
    author: 'them',
    text: order,
    sentMs: 0,
    order,
    state: 'delivered',
    gapBefore: false,
    ...change,
  };
}
