import { describe, expect, test } from 'vitest';

import type { Message } from '../api.ts';
import {
  emptyConversation,
  lastOf,
  withDelivery,
  withEarlier,
  withLater,
  withMessage,
  withStretch,
  type Conversation,
} from './conversation.ts';

/** Messages whose id is their order. */
function messages(...orders: string[]): Message[] {
  return orders.map((order) => ({
    contact: 'lowkey1ann',
    id: order,
    author: 'them',
    text: order,
    sentMs: 0,
    order,
    state: 'delivered',
    gapBefore: false,
  }));
}

function message(order: string): Message {
  const [one] = messages(order);
  if (one === undefined) throw new Error('no message');
  return one;
}

function held(change: Partial<Conversation>): Conversation {
  return { ...emptyConversation, ...change };
}

function ids({ messages = [], tail = [] }: Partial<Conversation>): string[][] {
  return [messages, tail].map((list) => list.map(({ id }) => id));
}

describe('a stretch that reaches to the newest message', () => {
  const end = held({ messages: messages('5', '7'), history: 'more' });

  test('takes what comes, and keeps late ones in their place', () => {
    expect(ids(withMessage(end, message('8')) ?? {})).toEqual([['5', '7', '8'], []]);
    expect(ids(withMessage(end, message('6')) ?? {})).toEqual([['5', '6', '7'], []]);
  });

  test('leaves what belongs before it to the pages of the history', () => {
    expect(withMessage(end, message('3'))).toBeUndefined();
    expect(ids(withMessage({ ...end, history: 'complete' }, message('3')) ?? {})).toEqual([['3', '5', '7'], []]);
  });

  test('keeps what comes while a page is read, unless it belongs before that page', () => {
    const loading = held({ messages: messages('5'), history: 'loading' });
    const more = ['2', '4'].reduce((state, order) => ({ ...state, ...withMessage(state, message(order)) }), loading);
    const next = withEarlier(more, { messages: messages('3'), complete: false });
    expect(ids(next)).toEqual([['3', '4', '5'], []]);
  });

  test('grows backwards page by page', () => {
    const next = withEarlier(end, { messages: messages('3', '4'), complete: false });
    expect([ids(next), next.history]).toEqual([[['3', '4', '5', '7'], []], 'more']);
    expect(withEarlier(end, { messages: [], complete: true }).history).toBe('complete');
  });
});

describe('a stretch in the middle of the history', () => {
  const earlier = { messages: messages('1', '2'), complete: true };
  const later = { messages: messages('3'), complete: false };
  const middle = held({ ...withStretch(held({ messages: messages('8', '9'), history: 'more' }), earlier, later) });

  test('knows the newest message still', () => {
    expect([ids(middle), middle.history, middle.later]).toEqual([[['1', '2', '3'], ['9']], 'complete', 'more']);
    expect(lastOf(middle)?.id).toBe('9');
  });

  test('keeps what comes apart until it has grown there', () => {
    const more = { ...middle, ...withMessage(middle, message('a')) };
    expect(ids(more)).toEqual([['1', '2', '3'], ['9', 'a']]);
    const grown = { ...more, ...withLater(more, { messages: messages('4', '5'), complete: false }) };
    expect([ids(grown), grown.later]).toEqual([[['1', '2', '3', '4', '5'], ['9', 'a']], 'more']);
    const whole = withLater(grown, { messages: messages('8', '9'), complete: false });
    expect([ids(whole), whole.later]).toEqual([[['1', '2', '3', '4', '5', '8', '9', 'a'], []], 'complete']);
  });

  test('loses nothing that came while the newest were read', () => {
    const more = { ...middle, ...withMessage(middle, message('a')) };
    const end = withStretch(more, { messages: messages('8', '9'), complete: false }, { messages: [], complete: true });
    expect([ids(end), end.later, end.history]).toEqual([[['8', '9', 'a'], []], 'complete', 'more']);
  });

  test('hears of deliveries on both sides of the hole', () => {
    expect(withDelivery(middle, '9', 'waiting')?.tail?.[0]?.state).toBe('waiting');
    expect(withDelivery(middle, '2', 'waiting')?.messages?.[1]?.state).toBe('waiting');
    expect(withDelivery(middle, 'nobody', 'waiting')).toBeUndefined();
  });
});
