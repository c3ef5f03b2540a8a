import { describe, expect, test } from 'vitest';

import { conversationOf, topDialog } from './store.ts';
import { ann, contact, message, open, own } from './session/world.ts';

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
    expect(calls).toEqual(['open', 'lastMessages', `add ${ann}`, `history ${ann}  50`, `reach ${ann}`]);
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
    expect(calls).toEqual(['open', 'lastMessages']);
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
    tell[0]?.({ type: 'message', message: message('1', { text: 'hi' }) });
    expect(store.state.announcement.text).toBe('New message from \u2068Ann\u2069');
    session.act({ type: 'openChat', contact: ann });
    tell[0]?.({ type: 'message', message: message('2', { text: 'there' }) });
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
    for (const what of ['remove', 'block', 'unblock', 'deleteRequest', 'deleteHistory'] as const) {
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

  test('say why there are no words', async () => {
    const { store, session, refuse, settle } = await open();
    refuse.set('showPhrase', 'storageFull');
    session.act({ type: 'openDialog', dialog: { type: 'phraseShow' } });
    await settle();
    expect(topDialog(store.state)).toEqual({ type: 'phraseShow', problem: 'storageFull' });
    expect(store.state.failure).toBeUndefined();
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
