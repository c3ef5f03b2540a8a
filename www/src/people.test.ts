import { describe, expect, test } from 'vitest';

import type { ContactView, NetworkView, RelayView } from './api.ts';
import { conversations, matching, nameOf, networkReport, ownConnection, reachWords, requests, undelivered, unreadCount } from './people.ts';
import { reduce, startState, type State, type StoreEvent } from './store.ts';
import { strings } from './strings.ts';

const address = 'lowkey1qyp6zpal708pp0sawrw33e6tczvk0exkxzd62r2lrhwgveqj25cmsf7ksqy';

function contact(change: Partial<ContactView>): ContactView {
  return { address, standing: 'contact', reach: { type: 'notOnline' }, unread: 0, newInstall: false, hidesAddress: false, ...change };
}

function withContacts(...list: ContactView[]): State {
  return list.reduce<State>(
    (state, one) => reduce(state, { type: 'peer', event: { type: 'contact', contact: one } }),
    startState(0),
  );
}

function relay(state: RelayView['state']): RelayView {
  return { name: 'chat.example.org', address: '/dns4/chat.example.org/tcp/443/tls/ws', state, reserved: false };
}

describe('a name', () => {
  test('is ours for them, never theirs for themselves', () => {
    expect(nameOf(contact({ petname: 'Ann', ownName: 'Queen' }))).toBe('Ann');
    expect(nameOf(contact({ ownName: 'Queen' }))).toMatch(/^qyp6zp…/);
  });

  test('of nothing but control characters is the address', () => {
    expect(nameOf(contact({ petname: '\u202E\u0000' }))).toMatch(/^qyp6zp…/);
  });
});

describe('the lists', () => {
  const state = withContacts(
    contact({ address: 'lowkey1a', petname: 'Ann', unread: 2 }),
    contact({ address: 'lowkey1b', petname: 'Ben', standing: 'invited' }),
    contact({ address: 'lowkey1c', ownName: 'Cleo', standing: 'request', unread: 1 }),
    contact({ address: 'lowkey1d', petname: 'Dan', standing: 'blocked', unread: 7 }),
  );

  test('part conversations, requests and blocked people', () => {
    expect(conversations(state).map(({ contact: one }) => one.petname)).toEqual(['Ann', 'Ben']);
    expect(requests(state).map(({ contact: one }) => one.ownName)).toEqual(['Cleo']);
  });

  test('put people without messages first, then the newest message', () => {
    const message = {
      contact: 'lowkey1b',
      id: '1',
      author: 'them',
      text: 'hi',
      sentMs: 5,
      order: '1',
      state: 'delivered',
      gapBefore: false,
    } as const;
    const later = reduce(state, { type: 'peer', event: { type: 'message', message } });
    expect(conversations(later).map(({ contact: one }) => one.petname)).toEqual(['Ann', 'Ben']);
    const answered = reduce(later, {
      type: 'peer',
      event: { type: 'message', message: { ...message, contact: 'lowkey1a', sentMs: 4 } },
    });
    expect(conversations(answered).map(({ contact: one }) => one.petname)).toEqual(['Ben', 'Ann']);
  });

  test('do not count what blocked people left', () => {
    expect(unreadCount(state)).toBe(3);
  });

  test('show the last message after a jump to an old one', () => {
    const message = { id: '1', author: 'them', sentMs: 1, order: '1', state: 'delivered', gapBefore: false } as const;
    const old = { ...message, contact: 'lowkey1a', text: 'old' };
    const stretch = { messages: [old], complete: true };
    const jumped = [
      { type: 'lasts', messages: [{ ...old, id: '9', order: '9', text: 'new', author: 'me', state: 'waiting' }] },
      { type: 'stretch', contact: 'lowkey1a', earlier: stretch, later: { messages: [], complete: false } },
    ] satisfies StoreEvent[];
    const after = jumped.reduce(reduce, state);
    expect(conversations(after).find(({ contact: one }) => one.address === 'lowkey1a')?.last?.text).toBe('new');
    expect(undelivered(after, 'lowkey1a')).toBe(1);
  });

  test('are searched by every word', () => {
    const found = (text: string): number => matching(conversations(state), text).length;
    expect([found('ann'), found('AN lowkey1a'), found('ann ben'), found('')]).toEqual([1, 1, 0, 2]);
  });
});

describe('the connection in words', () => {
  test.each<[NetworkView | undefined, string]>([
    [undefined, strings.connection.looking],
    [{ online: true, relays: [], direct: [] }, strings.connection.looking],
    [{ online: true, relays: [relay('connecting'), relay('lost')], direct: [] }, strings.connection.looking],
    [{ online: true, relays: [relay('connected')], direct: [] }, 'Connected to 1 node'],
    [{ online: true, relays: [relay('connected'), relay('connected')], direct: [] }, 'Connected to 2 nodes'],
    [{ online: false, relays: [relay('connected')], direct: [] }, strings.connection.offline],
  ])('%j', (network, words) => {
    expect(ownConnection(network).words).toBe(words);
  });

  test('of a contact names the relay and what it cannot do', () => {
    expect(reachWords({ type: 'throughRelay', relay: 'r' })).toContain('cannot read');
    expect(reachWords({ type: 'notOnline' })).toBe('Not online');
  });

  test('in the report names nodes and no people', () => {
    const state = reduce(withContacts(contact({ petname: 'Ann' })), {
      type: 'peer',
      event: { type: 'network', network: { online: true, relays: [relay('connected')], direct: [] } },
    });
    const report = networkReport(state, 'Browser/1');
    expect(report).toContain('/dns4/chat.example.org/tcp/443/tls/ws · connected · not reserved');
    expect(report).not.toMatch(/lowkey1|Ann/);
  });
});
