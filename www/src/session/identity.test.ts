import { describe, expect, test } from 'vitest';

import { topDialog } from '../store.ts';
import { ann, contact, open, own, storage } from './world.ts';

describe('a browser that keeps nothing', () => {
  test('gets a key at once', async () => {
    const { store, opened } = await open();
    expect(opened).toEqual([{}]);
    expect(store.state.phase.type).toBe('ready');
  });

  test('and lets nothing be kept, gets one in memory', async () => {
    const { store, tell } = await open({ type: 'denied' });
    tell[0]?.(storage({ kept: false }));
    expect(store.state.storage?.kept).toBe(false);
    expect(store.state.phase.type).toBe('ready');
  });
});

describe('an identity that cannot be opened', () => {
  test.each(['gone', 'damaged', 'newer'] as const)('%s is said, and nothing is opened', async (type) => {
    const { store, opened } = await open(type === 'newer' ? { type, found: 9 } : { type });
    expect(store.state.phase).toEqual({ type: 'lost', what: type });
    expect(opened).toEqual([]);
  });

  test.each([
    ['identityGone', 'gone'],
    ['storageDamaged', 'damaged'],
    ['storageNewer', 'newer'],
  ])('%s may show only when it is opened', async (code, what) => {
    const { store } = await open({ type: 'here', locked: false }, code);
    expect(store.state.phase).toEqual({ type: 'lost', what });
  });

  test('begins anew only when asked to', async () => {
    const { store, session, opened, settle } = await open({ type: 'gone' });
    session.act({ type: 'openDialog', dialog: { type: 'beginAnew' } });
    expect(opened).toEqual([]);
    session.act({ type: 'beginAnew' });
    await settle();
    expect(opened).toEqual([{ replace: true }]);
    expect([store.state.phase.type, store.state.dialogs]).toEqual(['ready', []]);
  });

  test('is brought back by words, and a backup is the next step', async () => {
    const { store, session, opened, settle } = await open({ type: 'damaged' });
    session.act({ type: 'openDialog', dialog: { type: 'phraseRestore' } });
    session.act({ type: 'restore', phrase: 'Three  four ' });
    await settle();
    expect(opened).toEqual([{ phrase: 'three four', replace: true }]);
    expect(topDialog(store.state)).toMatchObject({ type: 'backup', restored: true });
    expect(store.state.keeping.isNoted).toBe(true);
  });

  test('holds an invite until there is one', async () => {
    const { store, session, settle } = await open({ type: 'gone' });
    session.invited(ann);
    expect(store.state.dialogs).toEqual([]);
    session.act({ type: 'beginAnew' });
    await settle();
    expect(topDialog(store.state)?.type).toBe('add');
  });
});

describe('a lock', () => {
  test('asks for the passphrase, and says when it is wrong', async () => {
    const { store, session, opened, refuse, settle } = await open({ type: 'here', locked: true }, 'locked');
    expect(store.state.phase).toEqual({ type: 'locked', busy: false, problem: undefined });
    session.act({ type: 'unlock', passphrase: '' });
    expect(store.state.phase).toMatchObject({ problem: 'passphraseEmpty' });
    refuse.set('open', 'passphraseWrong');
    session.act({ type: 'unlock', passphrase: 'wrong' });
    expect(store.state.phase).toMatchObject({ busy: true });
    await settle();
    expect(store.state.phase).toMatchObject({ busy: false, problem: 'passphraseWrong' });
    session.act({ type: 'unlock', passphrase: 'right' });
    await settle();
    expect(store.state.phase.type).toBe('ready');
    expect(opened.map(({ passphrase }) => passphrase)).toEqual([undefined, 'wrong', 'right']);
  });

  test('that another tab has opened asks nothing', async () => {
    const { store } = await open({ type: 'here', locked: true });
    expect(store.state.phase.type).toBe('ready');
  });

  test('takes everything off the screen, in every tab', async () => {
    const { store, session, tell, calls, settle } = await open();
    tell[0]?.(contact());
    session.act({ type: 'lockNow' });
    tell[0]?.({ type: 'stopped', why: 'locked' });
    expect(calls).toContain('lock');
    expect([store.state.phase.type, store.state.contacts.size]).toEqual(['locked', 0]);
    session.act({ type: 'unlock', passphrase: 'right' });
    await settle();
    expect(store.state.phase.type).toBe('ready');
  });
});

describe('another tab', () => {
  test('that replaces the identity leaves nothing of the former one here', async () => {
    const { store, session, tell, calls } = await open();
    tell[0]?.(contact());
    tell[0]?.({ type: 'stopped', why: 'replaced' });
    expect([store.state.phase.type, store.state.contacts.size]).toEqual(['replaced', 0]);
    session.act({ type: 'reload' });
    expect(calls.at(-1)).toBe('reload');
  });

  test('with a newer page leaves what is shown', async () => {
    const { store, session, tell, settle } = await open();
    tell[0]?.(contact());
    tell[0]?.({ type: 'stopped', why: 'outdated' });
    expect([store.state.phase, store.state.contacts.size]).toEqual([{ type: 'stopped', why: 'outdated' }, 1]);
    session.act({ type: 'block', contact: ann });
    await settle();
    expect(store.state.failure).toBe('stopped');
  });
});

describe('restoring', () => {
  test('with wrong words leaves the identity in use', async () => {
    const { store, session, opened, refuse, settle } = await open();
    refuse.set('open', 'phraseChecksum');
    session.act({ type: 'openDialog', dialog: { type: 'phraseRestore' } });
    session.act({ type: 'restore', phrase: ' Three  FOUR\n' });
    await settle();
    expect(opened.at(-1)).toEqual({ phrase: 'three four', replace: true });
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

  test('hears the former peer no more, not even its end', async () => {
    const { store, session, tell, settle } = await open();
    tell[0]?.(contact());
    session.act({ type: 'restore', phrase: 'three four' });
    await Promise.resolve();
    tell[0]?.({ type: 'stopped', why: 'replaced' });
    await settle();
    expect(store.state.phase.type).toBe('ready');
    expect(store.state.contacts.size).toBe(0);
    tell[0]?.(contact());
    expect(store.state.contacts.size).toBe(0);
    tell[1]?.(contact());
    expect(store.state.contacts.size).toBe(1);
  });

  test('that fails after the former peer was ended says that it stopped', async () => {
    const { store, session, tell, refuse, settle } = await open();
    refuse.set('open', 'internal');
    session.act({ type: 'openDialog', dialog: { type: 'phraseRestore' } });
    session.act({ type: 'restore', phrase: 'three four' });
    await Promise.resolve();
    tell[0]?.({ type: 'stopped', why: 'replaced' });
    await settle();
    expect(store.state.phase).toEqual({ type: 'stopped', why: 'closed' });
    expect(topDialog(store.state)).toMatchObject({ type: 'phraseRestore', problem: 'internal' });
  });
});
