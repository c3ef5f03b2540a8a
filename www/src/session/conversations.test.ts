import { describe, expect, test } from 'vitest';

import type { Message } from '../api.ts';
import { conversations } from '../people.ts';
import { conversationOf, type Conversation } from '../store.ts';
import { ann, contact, message, open, type World } from './world.ts';

function page(from: number, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => message(String(from + index).padStart(4, '0')));
}

function talk({ store }: World): Conversation {
  return conversationOf(store.state, ann);
}

describe('after a start', () => {
  test('the list has its last texts, and a conversation is read when it is opened', async () => {
    const world = await open({ type: 'here', locked: false }, undefined, [message('0099', { text: 'see you' })]);
    const { store, session, tell, answers, calls, settle } = world;
    tell[0]?.(contact());
    await settle();
    expect(conversations(store.state)[0]?.last?.text).toBe('see you');
    answers.earlier = page(50, 50);
    session.act({ type: 'openChat', contact: ann });
    await settle();
    expect(calls.slice(-2)).toEqual([`history ${ann}  50`, `reach ${ann}`]);
    expect([talk(world).messages.length, talk(world).history]).toEqual([50, 'more']);
    answers.earlier = page(0, 30);
    session.act({ type: 'older', contact: ann });
    session.act({ type: 'older', contact: ann });
    await settle();
    expect(calls.filter((call) => call.startsWith('history'))).toHaveLength(2);
    expect(calls.at(-1)).toBe(`history ${ann} 0050 50`);
    expect([talk(world).messages.length, talk(world).history]).toEqual([80, 'complete']);
  });
});

describe('a found message', () => {
  async function jumped(): Promise<World> {
    const world = await open({ type: 'here', locked: false }, undefined, [message('9000')]);
    const { session, tell, answers, settle } = world;
    tell[0]?.(contact());
    await settle();
    answers.earlier = page(450, 50);
    answers.later = page(501, 50);
    session.act({ type: 'openMessage', message: message('0500') });
    await settle();
    return world;
  }

  test('is shown with what stands around it', async () => {
    const world = await jumped();
    const { store, calls } = world;
    expect(store.state.view).toEqual({ type: 'chat', contact: ann });
    expect(calls).toEqual(expect.arrayContaining([`history ${ann} 0500 50`, `later ${ann} 0500 50`]));
    const { messages, target, later } = talk(world);
    expect([messages.length, target?.message, later]).toEqual([101, '0500', 'more']);
    expect(conversations(store.state)[0]?.last?.id).toBe('9000');
  });

  test('is not read again when it is there', async () => {
    const world = await jumped();
    const before = world.calls.length;
    world.session.act({ type: 'openMessage', message: message('0510') });
    await world.settle();
    expect(world.calls.slice(before).filter((call) => /history|later/.test(call))).toEqual([]);
    expect(talk(world).target).toEqual({ message: '0510', serial: 2 });
  });

  test('can be read on from, until the newest is met', async () => {
    const world = await jumped();
    world.answers.later = page(551, 3);
    world.session.act({ type: 'later', contact: ann });
    await world.settle();
    expect(world.calls.at(-1)).toBe(`later ${ann} 0550 50`);
    expect([talk(world).later, talk(world).messages.at(-1)?.id]).toEqual(['complete', '9000']);
  });

  test('is left for the newest messages by a click, and by writing', async () => {
    for (const action of [
      { type: 'newest', contact: ann },
      { type: 'send', contact: ann, text: 'hi' },
    ] as const) {
      const world = await jumped();
      world.answers.earlier = page(8951, 50);
      world.session.act(action);
      await world.settle();
      expect([talk(world).messages[0]?.id, talk(world).later]).toEqual(['8951', 'complete']);
    }
  });
});

describe('a conversation that ends', () => {
  test('asks first, and closes the dialog when it is done', async () => {
    const { store, session, calls, tell, settle } = await open();
    tell[0]?.(contact());
    session.act({ type: 'openDialog', dialog: { type: 'endConversation', contact: ann } });
    session.act({ type: 'endConversation', contact: ann, burn: true });
    await settle();
    expect(calls.at(-1)).toBe(`endConversation ${ann} true`);
    expect(store.state.dialogs).toEqual([]);
    tell[0]?.(contact({ ended: 'us' }));
    expect(store.state.announcement.text).toMatch(/has ended/);
  });

  test('may take its messages with it', async () => {
    const world = await open();
    const { tell, session, settle } = world;
    tell[0]?.(contact());
    tell[0]?.({ type: 'message', message: message('1') });
    session.act({ type: 'draft', contact: ann, text: 'half a' });
    tell[0]?.({ type: 'historyDeleted', address: ann });
    await settle();
    expect(talk(world)).toMatchObject({ messages: [], draft: 'half a', history: 'complete' });
  });
});
