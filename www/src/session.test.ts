import { describe, expect, test } from 'vitest';

import type { ContactView, Message, PeerEvent } from './api.ts';
import { startSession, type OpenPeer, type Port, type Session } from './session.ts';
import { conversationOf, startState, topDialog } from './store.ts';
import { makeStore, type Store } from './store/live.ts';

const own = 'lowkey1own';
const ann = 'lowkey1ann';

interface World {
  readonly store: Store;
  readonly session: Session;
  /** Every call of the peer, as "method argument argument". */
  readonly calls: string[];
  /** What the peers opened so far were told to tell. */
  readonly tell: ((event: PeerEvent) => void)[];
  /** Errors that the next call of a method rejects with. */
  readonly refuse: Map<string, string>;
  /** Waits until all promises that were made have been kept. */
  settle(): Promise<void>;
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

async function open(): Promise<World> {
  const calls: string[] = [];
  const tell: World['tell'] = [];
  const refuse: World['refuse'] = new Map();
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
    history: (contact, before, limit) => call('history', [], contact, before, limit),
    reconnect: () => call('reconnect', undefined),
    close: () => call('close', undefined),
  });
  const port: Port = {
    open: async (options, onEvent) => {
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
  const page = { origin: 'https://chat.example.org', relay: undefined, isVisible: () => true, reload: () => calls.push('reload') };
  const session = await startSession(port, store, page);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return { store, session, calls, tell, refuse, settle };
}

function contact(change: Partial<ContactView> = {}): PeerEvent {
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

describe('starting', () => {
  test('what the peer tells before it is open is heard', async () => {
    const { store } = await open();
    expect(store.state.phase.type).toBe('ready');
    expect(store.state.own?.address).toBe(own);
    expect(store.state.patterns.get(own)?.hue).toBe(7);
  });
});

describe('the one field', () => {
  test('knows words, addresses, typos and oneself', async () => {
    const { store, session } = await open();
    const outcome = (text: string): unknown => {
      session.act({ type: 'search', text });
      return store.state.search.outcome;
    };
    expect(outcome('ann')).toBeUndefined();
    expect(outcome(`write me: ${ann}`)).toMatchObject({ type: 'found', text: ann });
    expect(outcome('lowkey1typo')).toEqual({ type: 'problem', problem: 'addressChecksum' });
    expect(outcome(own)).toEqual({ type: 'problem', problem: 'ownAddress' });
  });

  test('adds, opens the conversation and looks for the other side', async () => {
    const { store, session, calls, tell, settle } = await open();
    session.act({ type: 'add', text: ann, address: ann, name: '' });
    await settle();
    tell[0]?.(contact({ standing: 'invited' }));
    expect(calls).toEqual(['open', `add ${ann}`, `reach ${ann}`, `history ${ann}  50`]);
    expect(store.state.view).toEqual({ type: 'chat', contact: ann });
  });

  test('keeps the dialog open when adding is refused', async () => {
    const { store, session, refuse, settle } = await open();
    refuse.set('add', 'contactsFull');
    session.invited(ann);
    session.act({ type: 'add', text: ann, address: ann, name: 'Ann' });
    await settle();
    expect(topDialog(store.state)).toMatchObject({ type: 'add', problem: 'contactsFull' });
  });

  test('opens the conversation with somebody who is there already', async () => {
    const { store, session, refuse, settle } = await open();
    refuse.set('add', 'contactExists');
    session.act({ type: 'add', text: ann, address: ann, name: '' });
    await settle();
    expect(store.state.view).toEqual({ type: 'chat', contact: ann });
  });
});

describe('an invite in the address bar', () => {
  test('is asked about, and a damaged one is explained', async () => {
    const { store, session, calls } = await open();
    session.invited(ann);
    expect(topDialog(store.state)?.type).toBe('add');
    session.invited('typo');
    expect(topDialog(store.state)).toEqual({ type: 'badInvite', problem: 'addressChecksum' });
    expect(calls).toEqual(['open']);
  });
});

describe('a conversation', () => {
  test('on the screen is seen, also when it goes on', async () => {
    const { session, calls, tell, settle } = await open();
    tell[0]?.(contact({ unread: 1 }));
    expect(calls).not.toContain(`markSeen ${ann}`);
    session.act({ type: 'openChat', contact: ann });
    tell[0]?.(contact());
    tell[0]?.(contact({ unread: 1 }));
    await settle();
    expect(calls.filter((call) => call === `markSeen ${ann}`)).toHaveLength(2);
  });

  test('gives a refused text back', async () => {
    const { store, session, refuse, settle } = await open();
    refuse.set('send', 'requestFull');
    session.act({ type: 'send', contact: ann, text: 'hello' });
    expect(conversationOf(store.state, ann).draft).toBe('');
    await settle();
    expect(conversationOf(store.state, ann)).toMatchObject({ draft: 'hello', problem: 'requestFull' });
  });

  test('announces what comes, by our name for them', async () => {
    const { store, session, tell } = await open();
    tell[0]?.(contact({ petname: 'Ann' }));
    const message: Message = {
      contact: ann,
      id: '1',
      author: 'them',
      text: 'hi',
      sentMs: 0,
      order: '1',
      state: 'delivered',
      gapBefore: false,
    };
    tell[0]?.({ type: 'message', message });
    expect(store.state.announcement.text).toBe('New message from \u2068Ann\u2069');
    session.act({ type: 'openChat', contact: ann });
    tell[0]?.({ type: 'message', message: { ...message, id: '2', order: '2', text: 'there' } });
    expect(store.state.announcement.text).toBe('\u2068Ann\u2069: there');
  });

  test('of a stranger is announced without their words', async () => {
    const { store, tell } = await open();
    tell[0]?.(contact({ standing: 'request', ownName: 'Read this aloud' }));
    expect(store.state.announcement.text).toBe('Someone asks to talk to you');
  });
});

describe('dialogs', () => {
  test('of remove, block and the like close when it is done', async () => {
    const { store, session, calls, settle } = await open();
    for (const what of ['remove', 'block', 'unblock', 'deleteRequest'] as const) {
      session.act({ type: 'openDialog', dialog: { type: 'confirm', what, contact: ann } });
      session.act({ type: what, contact: ann });
      await settle();
      expect(calls.at(-1)).toBe(`${what} ${ann}`);
      expect(store.state.dialogs).toEqual([]);
    }
  });

  test('say it when something else fails', async () => {
    const { store, session, refuse, settle } = await open();
    refuse.set('block', 'storageFailed');
    session.act({ type: 'block', contact: ann });
    await settle();
    expect(store.state.announcement.text).toMatch(/Saving failed/);
    expect(store.state.failure).toBe('storageFailed');
    session.act({ type: 'dismiss' });
    expect(store.state.failure).toBeUndefined();
  });

  test('make the link of this page', async () => {
    const { store, session, settle } = await open();
    session.act({ type: 'openDialog', dialog: { type: 'myAddress' } });
    await settle();
    expect(store.state.link).toBe('https://chat.example.org/#i/AQ');
  });

  test('forget the words when they close', async () => {
    const { store, session, settle } = await open();
    session.act({ type: 'openDialog', dialog: { type: 'phraseShow' } });
    await settle();
    expect(topDialog(store.state)).toMatchObject({ words: ['one', 'two'] });
    session.act({ type: 'closeDialog' });
    expect(JSON.stringify(store.state)).not.toContain('two');
  });
});

describe('the name to give away', () => {
  test('is in the link from then on, and a refusal stands beside the field', async () => {
    const { store, session, calls, refuse, settle } = await open();
    session.act({ type: 'openDialog', dialog: { type: 'myAddress' } });
    await settle();
    refuse.set('setName', 'nameTooLong');
    session.act({ type: 'setName', name: 'too long' });
    await settle();
    expect(topDialog(store.state)).toEqual({ type: 'myAddress', problem: 'nameTooLong' });
    session.act({ type: 'setName', name: 'Kim' });
    await settle();
    expect(topDialog(store.state)).toEqual({ type: 'myAddress' });
    expect(calls.slice(-2)).toEqual(['setName Kim', 'createInvite']);
  });
});

describe('restoring', () => {
  test('with wrong words leaves the identity in use', async () => {
    const { store, session, calls, refuse, settle } = await open();
    refuse.set('open', 'phraseChecksum');
    session.act({ type: 'openDialog', dialog: { type: 'phraseRestore' } });
    session.act({ type: 'restore', phrase: ' Three  FOUR\n' });
    await settle();
    expect(calls).toContain('open three four');
    expect(calls).not.toContain('close');
    expect(topDialog(store.state)).toEqual({ type: 'phraseRestore', problem: 'phraseChecksum' });
    expect(store.state.own?.address).toBe(own);
  });

  test('with the words in use says so', async () => {
    const { store, session, calls, settle } = await open();
    session.act({ type: 'openDialog', dialog: { type: 'phraseRestore' } });
    session.act({ type: 'restore', phrase: 'one two' });
    await settle();
    expect(calls.filter((call) => call.startsWith('open'))).toHaveLength(1);
    expect(topDialog(store.state)).toMatchObject({ problem: 'samePhrase' });
  });

  test('closes the former peer and hears it no more', async () => {
    const { store, session, calls, tell, settle } = await open();
    tell[0]?.(contact());
    session.act({ type: 'restore', phrase: 'three four' });
    await settle();
    expect(calls.at(-1)).toBe('close');
    expect(store.state.contacts.size).toBe(0);
    tell[0]?.({ type: 'stopped' });
    tell[0]?.(contact());
    expect(store.state.phase.type).toBe('ready');
    expect(store.state.contacts.size).toBe(0);
    tell[1]?.(contact());
    expect(store.state.contacts.size).toBe(1);
  });
});
