import { describe, expect, test, vi } from 'vitest';

import { message, open } from './world.ts';

describe('words in the one field', () => {
  test('are searched for in the history, one search at a time', async () => {
    const { store, session, calls, answers, settle } = await open();
    answers.found = { messages: [message('1', { text: 'ferry at eight' })], complete: true };
    session.act({ type: 'search', text: 'f' });
    session.act({ type: 'search', text: 'fe' });
    session.act({ type: 'search', text: 'fer' });
    await settle();
    expect(calls.filter((call) => call.startsWith('search'))).toEqual(['search f 100', 'search fer 100']);
    expect(store.state.search.found?.text).toBe('fer');
    expect(store.state.announcement.text).toBe('0 people, 1 message found');
  });

  test('are searched for again while the history is being read', async () => {
    vi.useFakeTimers();
    try {
      const { store, session, answers, settle } = await open();
      answers.found = { messages: [], complete: false };
      session.act({ type: 'search', text: 'ferry' });
      await settle();
      expect(store.state.search.found?.complete).toBe(false);
      answers.found = { messages: [message('1', { text: 'ferry' })], complete: true };
      await vi.runOnlyPendingTimersAsync();
      expect(store.state.search.found).toMatchObject({ complete: true, messages: [{ id: '1' }] });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('that were taken away find nothing, and an address is not searched for', async () => {
    const { store, session, calls, settle } = await open();
    session.act({ type: 'search', text: 'fer' });
    session.act({ type: 'search', text: '' });
    await settle();
    expect(store.state.search.found).toBeUndefined();
    session.act({ type: 'search', text: 'lowkey1typo' });
    await settle();
    expect(calls.filter((call) => call.startsWith('search'))).toEqual(['search fer 100']);
  });
});
