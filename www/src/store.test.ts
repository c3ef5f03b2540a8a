import { describe, expect, test } from 'vitest';

import type { ContactView, Message, PeerEvent } from './api.ts';
import { conversationOf, reduce, startState, topDialog, type State, type StoreEvent } from './store.ts';

const ann = 'lowkey1ann';
const ben = 'lowkey1ben';

function after(...events: StoreEvent[]): State {
  return events.reduce(reduce, startState(0));
}

function told(event: PeerEvent): StoreEvent {
  return { type: 'peer', event };
}

function contact(address: string, change: Partial<ContactView> = {}): StoreEvent {
  const view: ContactView = {
    address,
    standing: 'contact',
    reach: { type: 'notOnline' },
    unread: 0,
    newInstall: false,
    hidesAddress: false,
    ...change,
  };
  return told({ type: 'contact', contact: view });
}

function message(id: string, order: string, change: Partial<Message> = {}): Message {
  return {
    contact: ann,
    id,
    author: 'me',
    text: id,
    sentMs: 0,
    order,
    state: 'waiting',
    gapBefore: false,
    ...change,
  };
}

function come(one: Message): StoreEvent {
  return told({ type: 'message', message: one });
}

function ids(state: State): string[] {
  return conversationOf(state, ann).messages.map(({ id }) => id);
}

describe('messages', () => {
  test('stand in the order of the peer, whenever they come', () => {
    const state = after(come(message('c', '3')), come(message('a', '1')), come(message('b', '2')));
    expect(ids(state)).toEqual(['a', 'b', 'c']);
  });

  test('stand there once, with the newest value', () => {
    const state = after(
      come(message('a', '1', { gapBefore: true })),
      come(message('b', '2')),
      come(message('a', '1')),
    );
    expect(ids(state)).toEqual(['a', 'b']);
    expect(conversationOf(state, ann).messages[0]?.gapBefore).toBe(false);
  });

  test('of an older page go before those that are held', () => {
    const state = after(come(message('c', '3')), {
      type: 'history',
      contact: ann,
      messages: [message('a', '1'), message('b', '2'), message('c', '3')],
      complete: true,
    });
    expect(ids(state)).toEqual(['a', 'b', 'c']);
    expect(conversationOf(state, ann).history).toBe('complete');
  });

  test('change their delivery state alone', () => {
    const state = after(
      come(message('a', '1')),
      come(message('b', '2')),
      told({ type: 'delivery', contact: ann, message: 'a', state: 'delivered' }),
    );
    expect(conversationOf(state, ann).messages.map((one) => one.state)).toEqual(['delivered', 'waiting']);
  });

  test('that are unknown change nothing', () => {
    const before = after(come(message('a', '1')));
    const event = told({ type: 'delivery', contact: ann, message: 'x', state: 'delivered' });
    expect(reduce(before, event)).toBe(before);
  });
});

describe('drafts', () => {
  test('are kept for each conversation', () => {
    const state = after(
      { type: 'drafted', contact: ann, text: 'to Ann' },
      { type: 'drafted', contact: ben, text: 'to Ben' },
      { type: 'sent', contact: ann },
    );
    expect(conversationOf(state, ann).draft).toBe('');
    expect(conversationOf(state, ben).draft).toBe('to Ben');
  });

  test('come back when the text is not taken', () => {
    const refused: StoreEvent = { type: 'sendRefused', contact: ann, text: 'long', problem: 'textTooLong' };
    const state = after({ type: 'sent', contact: ann }, refused);
    expect(conversationOf(state, ann)).toMatchObject({ draft: 'long', problem: 'textTooLong' });
  });

  test('that were begun meanwhile are not overwritten', () => {
    const refused: StoreEvent = { type: 'sendRefused', contact: ann, text: 'old', problem: 'outboxFull' };
    const state = after({ type: 'sent', contact: ann }, { type: 'drafted', contact: ann, text: 'new' }, refused);
    expect(conversationOf(state, ann).draft).toBe('new');
  });
});

describe('a contact', () => {
  test('that is removed leaves the list, the screen and its dialogs', () => {
    const state = after(
      contact(ann),
      come(message('a', '1')),
      { type: 'view', view: { type: 'chat', contact: ann } },
      { type: 'dialogOpened', dialog: { type: 'details', contact: ann } },
      told({ type: 'contactRemoved', address: ann }),
    );
    expect(state.contacts.size).toBe(0);
    expect(state.conversations.size).toBe(0);
    expect(state.view).toEqual({ type: 'list' });
    expect(state.dialogs).toEqual([]);
  });

  test('that is blocked leaves the screen, and can be looked at later', () => {
    const chat: StoreEvent = { type: 'view', view: { type: 'chat', contact: ann } };
    const blocked = after(contact(ann), chat, contact(ann, { standing: 'blocked' }));
    expect(blocked.view.type).toBe('list');
    const again = [chat, contact(ann, { standing: 'blocked' })].reduce(reduce, blocked);
    expect(again.view.type).toBe('chat');
  });

  test('with a new installation says so until the conversation is left', () => {
    const chat: StoreEvent = { type: 'view', view: { type: 'chat', contact: ann } };
    const open = after(contact(ann, { newInstall: true }), chat, contact(ann));
    expect(conversationOf(open, ann).newInstall).toBe(true);
    const left = reduce(open, { type: 'view', view: { type: 'list' } });
    expect(conversationOf(left, ann).newInstall).toBe(false);
  });
});

describe('dialogs', () => {
  test('lie on each other and close one by one', () => {
    const open = after(
      { type: 'dialogOpened', dialog: { type: 'settings' } },
      { type: 'dialogOpened', dialog: { type: 'about' } },
    );
    expect(topDialog(open)?.type).toBe('about');
    expect(topDialog(reduce(open, { type: 'dialogClosed' }))?.type).toBe('settings');
  });

  test('drop an answer that comes for another one', () => {
    const open = after({ type: 'dialogOpened', dialog: { type: 'details', contact: ben } });
    const late: StoreEvent = {
      type: 'dialogChanged',
      dialog: { type: 'details', contact: ann, safetyNumber: '1' },
    };
    expect(reduce(open, late)).toBe(open);
    const words: StoreEvent = { type: 'dialogChanged', dialog: { type: 'phraseShow', words: ['secret'] } };
    expect(reduce(open, words)).toBe(open);
  });
});

describe('the whole', () => {
  test('another identity starts from nothing', () => {
    const state = after(contact(ann), come(message('a', '1')), { type: 'linkMade', link: 'x' }, { type: 'cleared', phase: { type: 'ready' } });
    expect(state).toEqual({ ...startState(0), phase: { type: 'ready' } });
  });

  test('the same announcement twice counts as two', () => {
    const one = after({ type: 'announced', text: 'Copied' });
    const two = reduce(one, { type: 'announced', text: 'Copied' });
    expect(two.announcement).toEqual({ text: 'Copied', serial: one.announcement.serial + 1 });
  });

  test('stopped is a phase, storage and clock are notices', () => {
    const state = after(
      told({ type: 'storage', storage: { kept: true, locks: false, problem: 'failed' } }),
      told({ type: 'clockWrong', offsetMs: 5 }),
      told({ type: 'stopped', why: 'closed' }),
    );
    expect(state).toMatchObject({ phase: { type: 'stopped', why: 'closed' }, clockOffsetMs: 5 });
    expect(state.storage?.problem).toBe('failed');
    expect(reduce(state, told({ type: 'clockWrong', offsetMs: 0 })).clockOffsetMs).toBe(0);
  });

  test('what was locked or replaced in another tab is not on the screen any more', () => {
    for (const why of ['locked', 'replaced'] as const) {
      const state = after(contact(ann), come(message('secret', '1')), told({ type: 'stopped', why }));
      expect(state.phase.type).toBe(why);
      expect([state.contacts.size, state.conversations.size, state.own]).toEqual([0, 0, undefined]);
    }
  });

  test('a state is never changed in place', () => {
    const before = after(contact(ann), come(message('a', '1')));
    const copy = structuredClone(before);
    after(contact(ben));
    [come(message('b', '2')), contact(ben), told({ type: 'contactRemoved', address: ann })].reduce(reduce, before);
    expect(before).toEqual(copy);
  });
});
