/** The WebRTC crate alone, in pages: dials, echoes, uploads, and signalling that breaks off at every message. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { BROWSERS } from './browsers.ts';
import { Bare, OURS, Pages } from './proof.ts';
import { Relay } from './relay.ts';
import { Valve } from './valve.ts';

const PAIRS = BROWSERS.flatMap((one) => BROWSERS.map((other) => [one, other] as const));

/**
 * Dials in a row. Between two kinds of browser there are fewer: each hides its addresses behind names of multicast DNS,
 * which nobody may announce twice within a second, so each dial but the first takes a second.
 */
const DIALS = { alike: 200, mixed: 20 };
const AT_ONCE = { alike: 10, mixed: 3 };
const FRESH = 5;
const FILE = 64 * 1024 * 1024;

let pages: Pages;
let relay: Relay;
let address: string;
let one: Bare;
let other: Bare;

beforeAll(async () => {
  [pages, relay] = await Promise.all([Pages.serve(OURS), Relay.start()]);
  address = await relay.address();
});

afterAll(async () => {
  await Promise.all([pages?.close(), relay?.end()]);
});

async function leave(): Promise<void> {
  const complaints = [one, other].flatMap((bare) => bare?.browser.complaints ?? []);
  await Promise.all([one?.leave(), other?.leave()]);
  expect(complaints).toEqual([]);
}

/** Waits until neither has a direct connection to the other. */
async function part(): Promise<void> {
  await Promise.all([one.hangUp(other), other.hangUp(one)]);
}

describe.each(PAIRS)('%s dials %s', (first, second) => {
  beforeAll(async () => {
    [one, other] = await Promise.all([Bare.at(pages, first, address), Bare.at(pages, second, address)]);
  });
  afterAll(leave);

  test('and is direct', async () => {
    await one.dial(other);
    await other.isMet(one);
    for (const bare of [one, other]) {
      const [pair] = await bare.pairs();
      expect([pair?.local, pair?.remote]).not.toContain('relay');
      expect(pair?.bytes).toBeGreaterThan(0);
    }
  });

  test('streams end one way at a time, and lose nothing', async () => {
    for (const bytes of [0, 1, 8_192, 8_193, 1_048_576]) {
      expect(await one.echoes(other, bytes)).toBe(true);
      expect(await other.echoes(one, bytes)).toBe(true);
    }
  });

  test('a file of 64 MiB arrives', { timeout: 300_000 }, async () => {
    const took = await one.upload(other, FILE);
    console.log(`${first} to ${second}: ${(FILE / 1_048.576 / took).toFixed(1)} MiB/s`);
    expect(took).toBeGreaterThan(0);
  });

  const dials = first === second ? DIALS.alike : DIALS.mixed;
  test(`${String(dials)} times in a row`, { timeout: 300_000 }, async () => {
    const times: number[] = [];
    for (let count = 0; count < dials; count += 1) {
      await part();
      times.push(await one.dial(other));
      await other.isMet(one);
    }
    expect(await one.echoes(other, 1_000)).toBe(true);
    times.sort((a, b) => a - b);
    console.log(`${first} to ${second}: p50 ${String(times[dials / 2])} ms, longest ${String(times.at(-1))} ms`);
  });

  test('while it is dialled back', { timeout: 300_000 }, async () => {
    const rounds = first === second ? AT_ONCE.alike : AT_ONCE.mixed;
    let both = 0;
    for (let count = 0; count < rounds; count += 1) {
      await part();
      const dialled = await Promise.allSettled([one.dial(other), other.dial(one)]);
      const made = dialled.filter(({ status }) => status === 'fulfilled').length;
      expect(made).toBeGreaterThan(0);
      if (made === 2) both += 1;
      expect(await Promise.all([one.echoes(other, 100), other.echoes(one, 100)])).toEqual([true, true]);
    }
    console.log(`${first} and ${second}: both dials stand ${String(both)} times of ${String(rounds)}`);
  });
});

describe('in processes that are new each time', () => {
  afterEach(leave);

  test.each(PAIRS.flatMap((pair) => Array.from({ length: FRESH }, (_, count) => [...pair, count + 1] as const)))(
    '%s dials %s, %i',
    async (first, second) => {
      [one, other] = await Promise.all([Bare.at(pages, first, address), Bare.at(pages, second, address)]);
      await one.dial(other);
      expect(await one.echoes(other, 10_000)).toBe(true);
    },
  );
});

describe.each(BROWSERS.flatMap((kind) => [[kind, 'dials', 0] as const, [kind, 'is dialled', 1] as const]))(
  'signalling in %s breaks off at the side of the one who %s',
  (kind, _, side) => {
    afterEach(leave);

    test('at every packet: the dial ends, and the next one works', { timeout: 300_000 }, async () => {
      const valve = await Valve.before(relay);
      const through = (port: number | string): string => address.replace(/\/tcp\/\d+\//, `/tcp/${String(port)}/`);
      const places = [address, address];
      places[side] = through(valve.port);
      const [mine = '', theirs = ''] = places;
      [one, other] = await Promise.all([Bare.at(pages, kind, mine), Bare.at(pages, kind, theirs)]);
      let broken = 0;
      let packets = 0;
      for (let wasCut = true; wasCut; packets += 1) {
        // The one who dials knows the relay by its own way to it.
        other.circuit = `${mine}/p2p-circuit/p2p/${other.id}`;
        await one.dialCircuit(other);
        valve.closeAfter(packets);
        const dialled = await one.dial(other).then(
          () => true,
          () => false,
        );
        wasCut = valve.open();
        if (!dialled) broken += 1;
        // New peers in the same pages: what the broken ones left behind must not hold them up.
        await Promise.all([one.starts(mine), other.starts(theirs)]);
      }
      await one.dial(other);
      expect(await one.echoes(other, 1_000)).toBe(true);
      await valve.close();
      console.log(`${kind}, side ${String(side)}: ${String(broken)} of ${String(packets)} dials broken off`);
      expect(broken).toBeGreaterThan(0);
    });
  },
);
