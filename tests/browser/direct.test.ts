/**
 * Two pages talk past the relay: every pair of browsers, judged by the browsers' own statistics; and by the relay
 * alone where somebody hides their address or has not been accepted.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { BROWSERS, type BrowserKind } from './browsers.ts';
import { Person } from './person.ts';
import { Relay } from './relay.ts';
import { counts, cut, pairs } from './watched.ts';

const PAIRS: readonly (readonly [BrowserKind, BrowserKind])[] = BROWSERS.flatMap((one) =>
  BROWSERS.map((other) => [one, other] as const),
);

/** Bytes of one long message, and how many of them are sent to see where they go. */
const LONG = 4_000;
const MANY = 10;

let a: Relay;
let b: Relay;
let ann: Person;
let ben: Person;

beforeAll(async () => {
  a = await Relay.start();
  b = await Relay.start(a);
});

afterAll(async () => {
  await Promise.all([a?.end(), b?.end()]);
});

/** Opens two pages; Ann has asked, Ben has not answered. */
async function strangers(first: BrowserKind, second: BrowserKind): Promise<void> {
  [ann, ben] = await Promise.all([Person.at(a, first), Person.at(b, second)]);
  const address = await ben.address();
  await ben.isFindable();
  await ann.add(address);
  await ann.writes('Hello');
  await ann.mineAre('sentAwaitingAnswer');
}

async function friends(first: BrowserKind, second: BrowserKind): Promise<void> {
  await strangers(first, second);
  await ben.accept();
  await ann.mineAre('delivered');
}

const both = (act: (person: Person) => Promise<void>): Promise<unknown> => Promise.all([act(ann), act(ben)]);

/** Each sends a text, and both see Delivered. */
async function exchange(name: string): Promise<void> {
  await both((person) => person.writes(name));
  await both((person) => person.mineAre('delivered'));
}

/** Sees on both pages that the path is direct, and that the browsers say so too. */
async function isDirect(): Promise<void> {
  await both((person) => person.isReached(strings.reach.direct));
  for (const { page } of [ann, ben]) {
    const found = await pairs(page);
    expect(found.length).toBeGreaterThan(0);
    for (const { local, remote } of found) expect([local, remote]).not.toContain('relay');
  }
}

async function leave(): Promise<void> {
  const complaints = [ann, ben].flatMap((person) => person?.browser.complaints ?? []);
  await Promise.all([ann?.leave(), ben?.leave()]);
  expect(complaints).toEqual([]);
}

describe.each(PAIRS)('%s and %s', (first, second) => {
  beforeAll(() => friends(first, second));
  afterAll(leave);

  test('are direct soon after they accepted each other', async () => {
    await isDirect();
  });

  test('what they write goes past the relay', async () => {
    const before = await Promise.all([counts(ann.page), counts(ben.page), pairs(ann.page)]);
    for (let number = 0; number < MANY; number += 1) await ann.trip(String(number).repeat(LONG));
    const after = await Promise.all([counts(ann.page), counts(ben.page), pairs(ann.page)]);
    const carried = (of: typeof after): number => of[2].reduce((sum, { bytes }) => sum + bytes, 0);
    const onSockets = (of: typeof after): number => of[0].socketBytes + of[1].socketBytes;
    expect(carried(after) - carried(before)).toBeGreaterThan(LONG * MANY);
    // Pings, records and reservations go on there; a tenth of the text would already be a leak.
    expect(onSockets(after) - onSockets(before)).toBeLessThan(LONG * MANY);
  });

  test('the direct path breaks: talk goes on through the relay, and comes back to direct', async () => {
    await cut(ann.page);
    await exchange('after the cut');
    await isDirect();
    await exchange('direct again');
  });

  test('both relays die: talk goes on', async () => {
    await Promise.all([a.kill(), b.kill()]);
    try {
      await both((person) => person.sees(strings.connection.looking));
      await exchange('without any relay');
      await both((person) => person.isReached(strings.reach.direct));
    } finally {
      // The pairs that follow need them, whatever became of this one.
      await Promise.all([a.restart(), b.restart()]);
    }
    await both((person) => person.sees(strings.connection.connected(2)));
  });
});

test('two who write to each other at once end with one path each', async () => {
  await friends('chromium', 'firefox');
  await isDirect();
  // Both notice the cut in the same moment, and both dial.
  await both(({ page }) => cut(page));
  await exchange('at once');
  await isDirect();
  await leave();
});

describe('nobody learns an address', () => {
  afterEach(leave);

  test.each(BROWSERS)('of %s before they were accepted', async (kind) => {
    await strangers(kind, kind);
    for (const { page } of [ann, ben]) expect(await counts(page)).toMatchObject({ made: 0, gathered: 0, taken: 0 });
  });

  // Who hides what is decided below the page, so one browser is enough for each.
  test('of one who hides it from this contact', async () => {
    await strangers('firefox', 'chromium');
    await ann.hidesFromContact();
    await ben.accept();
    await staysRelayed();
  });

  test('of one who hides it from all', async () => {
    await strangers('chromium', 'firefox');
    await ben.hidesFromAll();
    await ben.accept();
    await staysRelayed();
  });

  async function staysRelayed(): Promise<void> {
    for (let number = 0; number < 5; number += 1) await exchange(`through the relay ${String(number)}`);
    const words = strings.reach.throughRelay('').slice(0, 'Through relay'.length);
    await both((person) => person.isReached(words));
    // The one who hides makes no connection at all, so the other one never takes a candidate of theirs.
    const all = await Promise.all([counts(ann.page), counts(ben.page)]);
    expect(all.map(({ taken }) => taken)).toEqual([0, 0]);
    expect(Math.min(...all.map(({ made, gathered }) => made + gathered))).toBe(0);
  }
});
