import { describe, expect, test, vi } from 'vitest';

import { conversationOf, topDialog, type Dialog } from '../store.ts';
import { ann, contact, message, open, storage, type World } from './world.ts';

async function at(dialog: Dialog): Promise<World> {
  const world = await open();
  world.tell[0]?.(storage());
  world.session.act({ type: 'openDialog', dialog });
  await world.settle();
  return world;
}

describe('the browser', () => {
  test('is asked to keep all this after the first contact, once', async () => {
    const { store, session, calls, tell, settle } = await open();
    tell[0]?.(storage({ persisted: false }));
    session.act({ type: 'add', text: ann, address: ann, name: '' });
    await settle();
    expect(calls).toContain('persist');
    expect(store.state.keeping.isAsking).toBe(false);
    tell[0]?.(contact());
    tell[0]?.(contact({ address: 'lowkey1ben' }));
    session.act({ type: 'add', text: 'lowkey1ben', address: 'lowkey1ben', name: '' });
    await settle();
    expect(calls.filter((call) => call === 'persist')).toHaveLength(1);
  });

  test('is not asked where nothing is kept, or when it has promised', async () => {
    for (const view of [storage({ kept: false }), storage({ persisted: true })]) {
      const { session, calls, tell, settle } = await open();
      tell[0]?.(view);
      session.act({ type: 'acceptRequest', contact: ann });
      await settle();
      expect(calls).not.toContain('persist');
    }
  });

  test('may be asked again, and its refusal is shown', async () => {
    const { store, session, answers, settle } = await at({ type: 'storage' });
    answers.persist = false;
    session.act({ type: 'persist' });
    expect(topDialog(store.state)).toEqual({ type: 'storage', answer: 'asking' });
    await settle();
    expect(topDialog(store.state)).toEqual({ type: 'storage', answer: 'refused' });
  });
});

describe('the lock', () => {
  const none = { current: '', fresh: '', again: '' };

  test.each([
    ['set', { ...none, fresh: 'a b', again: 'a b' }, 'setLock a b'],
    ['change', { current: 'a', fresh: 'b', again: 'b' }, 'setLock b a'],
    ['remove', { ...none, current: 'a' }, 'setLock  a'],
  ] as const)('%s', async (way, words, call) => {
    const { store, session, calls, settle } = await at({ type: 'lockSet', way });
    session.act({ type: 'setLock', way, ...words });
    await settle();
    expect(calls.at(-1)).toBe(call);
    expect(store.state.dialogs).toEqual([]);
  });

  test.each([
    ['set', none, 'passphraseEmpty'],
    ['set', { ...none, fresh: 'a', again: 'b' }, 'passphrasesDiffer'],
    ['change', { ...none, fresh: 'a', again: 'a' }, 'passphraseEmpty'],
    ['remove', none, 'passphraseEmpty'],
  ] as const)('%s is not tried with %j', async (way, words, problem) => {
    const { store, session, calls, settle } = await at({ type: 'lockSet', way });
    session.act({ type: 'setLock', way, ...words });
    await settle();
    expect(calls.filter((call) => call.startsWith('setLock'))).toEqual([]);
    expect(topDialog(store.state)).toEqual({ type: 'lockSet', way, problem });
  });

  test('says when the passphrase before was another', async () => {
    const { store, session, refuse, settle } = await at({ type: 'lockSet', way: 'remove' });
    refuse.set('setLock', 'passphraseWrong');
    session.act({ type: 'setLock', way: 'remove', ...none, current: 'x' });
    await settle();
    expect(topDialog(store.state)).toEqual({ type: 'lockSet', way: 'remove', problem: 'passphraseWrong' });
  });
});

describe('a backup', () => {
  const rest: Dialog = { type: 'backup', step: { type: 'rest' } };

  test('is handed out as a file', async () => {
    const { store, session, files, settle } = await at(rest);
    session.act({ type: 'exportBackup' });
    await settle();
    expect(files[0]?.name).toMatch(/^lowkey-backup-\d{4}-\d\d-\d\d\.age$/);
    expect(topDialog(store.state)).toMatchObject({ step: { type: 'made', bytes: 1200 } });
    expect(store.state.announcement.text).toContain('1.2 kB');
  });

  test('brings messages between those that were loaded, so they are read anew', async () => {
    const world = await at(rest);
    const { store, session, answers, tell, calls, settle } = world;
    tell[0]?.(contact());
    session.act({ type: 'openChat', contact: ann });
    await settle();
    tell[0]?.({ type: 'message', message: message('5') });
    session.act({ type: 'openDialog', dialog: rest });
    answers.imported = { contacts: 0, messages: 2 };
    answers.earlier = [message('3'), message('4'), message('5')];
    session.act({ type: 'importBackup', file: new Blob(['age']) });
    // The file is read first, which takes the browser more than a turn.
    await vi.waitFor(() => {
      expect(calls).toContain('importBackup 3');
    });
    await settle();
    expect(conversationOf(store.state, ann).messages.map(({ id }) => id)).toEqual(['3', '4', '5']);
    expect(topDialog(store.state)).toMatchObject({ step: { type: 'taken', imported: { messages: 2 } } });
    expect(store.state.announcement.text).toBe('Added 2 messages.');
  });

  test.each(['backupMalformed', 'backupOtherIdentity', 'backupNewer'] as const)('%s is said', async (code) => {
    const { store, session, refuse } = await at(rest);
    refuse.set('importBackup', code);
    session.act({ type: 'importBackup', file: new Blob(['x']) });
    await vi.waitFor(() => {
      expect(topDialog(store.state)).toMatchObject({ step: { type: 'failed', problem: code } });
    });
  });
});

describe('the twelve words', () => {
  test('are checked, and then not asked for again', async () => {
    const { store, session, settle } = await at({ type: 'phraseShow' });
    session.act({ type: 'askWords' });
    await settle();
    const top = topDialog(store.state);
    if (top?.type !== 'phraseCheck') throw new Error('no check');
    session.act({ type: 'checkWords', typed: top.asked.map(() => 'wrong') });
    expect(topDialog(store.state)).toMatchObject({ type: 'phraseCheck', problem: 'wordsDiffer' });
    session.act({ type: 'checkWords', typed: top.asked.map((at) => ` ${top.words[at]?.toUpperCase() ?? ''} `) });
    expect([store.state.dialogs, store.state.keeping.isNoted]).toEqual([[], true]);
  });
});
