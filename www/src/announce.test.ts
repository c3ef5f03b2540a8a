import { expect, test } from 'vitest';

import { announcementFor } from './announce.ts';
import type { NetworkView, PeerEvent } from './api.ts';
import { reduce, startState, type State } from './store.ts';
import { strings } from './strings.ts';

/** Returns what is said of each event in turn. */
function said(...events: PeerEvent[]): (string | undefined)[] {
  let state: State = startState(0);
  return events.map((event) => {
    const before = state;
    state = reduce(before, { type: 'peer', event });
    return announcementFor(before, state, event);
  });
}

function network(connected: boolean, online = true): PeerEvent {
  const view: NetworkView = {
    online,
    relays: [{ name: 'r', address: '/ip4/127.0.0.1', state: connected ? 'connected' : 'lost', reserved: false }],
    direct: [],
  };
  return { type: 'network', network: view };
}

test('a change of our own connection is said once, its beginning not', () => {
  expect(said(network(true), network(true), network(false), network(false), network(true, false), network(true))).toEqual([
    undefined,
    undefined,
    strings.connection.looking,
    undefined,
    strings.connection.offline,
    strings.notices.connectedAgain,
  ]);
});

test('a notice is said when it comes, not each time', () => {
  const clock: PeerEvent = { type: 'clockWrong', offsetMs: 3_600_000 * 5 };
  expect(said(clock, clock, { type: 'clockWrong', offsetMs: 0 })).toEqual([
    strings.notices.clockWrong('5 hours'),
    undefined,
    undefined,
  ]);
  const storage = (problem?: 'full'): PeerEvent => ({
    type: 'storage',
    storage: { kept: true, locks: false, ...(problem === undefined ? {} : { problem }) },
  });
  expect(said(storage(), storage('full'), storage('full'), storage())).toEqual([
    undefined,
    strings.storage.full,
    undefined,
    strings.storage.works,
  ]);
  expect(said({ type: 'storage', storage: { kept: false, locks: false } })).toEqual([strings.notices.memory]);
});

test('a message that was given up is said, one that arrived is not', () => {
  const delivery = (state: 'delivered' | 'notSent'): PeerEvent => ({
    type: 'delivery',
    contact: 'lowkey1a',
    message: '1',
    state,
  });
  expect(said(delivery('delivered'), delivery('notSent'))).toEqual([undefined, strings.delivery.notSent]);
});
