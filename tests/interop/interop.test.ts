/** Our WebRTC and that of js-libp2p, in pages of two browser processes, over our relay: each dials the other. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Bare, OURS, Pages, THEIRS } from '../browser/proof.ts';
import { Relay } from '../browser/relay.ts';

const DIST = fileURLToPath(new URL('dist', import.meta.url));

let relay: Relay;
let ours: Pages;
let theirs: Pages;

beforeAll(async () => {
  [relay, ours, theirs] = await Promise.all([Relay.start(), Pages.serve(OURS), Pages.serve(THEIRS, DIST)]);
});

afterAll(async () => {
  await Promise.all([relay?.end(), ours?.close(), theirs?.close()]);
});

describe.each([
  ['LowKey', 'js-libp2p', () => [ours, theirs] as const],
  ['js-libp2p', 'LowKey', () => [theirs, ours] as const],
])('%s dials %s', (first, second, pages) => {
  let one: Bare;
  let other: Bare;

  beforeAll(async () => {
    const address = await relay.address();
    const [mine, yours] = pages();
    [one, other] = await Promise.all([Bare.at(mine, 'chromium', address), Bare.at(yours, 'chromium', address)]);
  });

  afterAll(async () => {
    const complaints = [one, other].flatMap((bare) => bare?.browser.complaints ?? []);
    await Promise.all([one?.leave(), other?.leave()]);
    expect(complaints).toEqual([]);
  });

  test('and is direct', async () => {
    await one.dial(other);
    await other.isMet(one);
    const [pair] = await one.pairs();
    expect([pair?.local, pair?.remote]).not.toContain('relay');
  });

  test('streams end one way at a time, and lose nothing', async () => {
    for (const bytes of [0, 1, 8_193, 1_048_576]) {
      expect(await one.echoes(other, bytes)).toBe(true);
      expect(await other.echoes(one, bytes)).toBe(true);
    }
  });

  test('a file of 16 MiB arrives, each way', async () => {
    const bytes = 16 * 1_048_576;
    const times = [await one.upload(other, bytes), await other.upload(one, bytes)];
    const speeds = times.map((time) => (bytes / 1_048.576 / time).toFixed(1));
    console.log(`${first} to ${second}: ${speeds.join(' and ')} MiB/s`);
    expect(Math.min(...times)).toBeGreaterThan(0);
  });

  test('20 dials in a row', async () => {
    for (let count = 0; count < 20; count += 1) {
      await Promise.all([one.hangUp(other), other.hangUp(one)]);
      await one.dial(other);
      await other.isMet(one);
    }
    expect(await one.echoes(other, 100)).toBe(true);
  });
});
