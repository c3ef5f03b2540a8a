/**
 * Streams of the WebRTC crate beside a raw data channel and beside js-libp2p, between two Chromium processes: in turn, so
 * that each meets the same machine. Not a test: nothing passes or fails.
 */
import { test } from 'vitest';

import { Bare, OURS, Pages, THEIRS } from './proof.ts';
import { RawChannel } from './raw.ts';
import { Relay } from './relay.ts';
import { keep, median, percentile } from './rows.ts';

const FILE = 64 * 1024 * 1024;
const ROUNDS = 3;
const TRIPS = 200;
const DIALS = 30;

/** A pair of pages with a direct connection. */
async function pair(pages: Pages, relay: string): Promise<[Bare, Bare]> {
  const made = await Promise.all([Bare.at(pages, 'chromium', relay), Bare.at(pages, 'chromium', relay)]);
  await made[0].dial(made[1]);
  await made[1].isMet(made[0]);
  return made;
}

async function dials([one, other]: [Bare, Bare], into: number[]): Promise<void> {
  await Promise.all([one.hangUp(other), other.hangUp(one)]);
  into.push(await one.dial(other));
  await other.isMet(one);
}

test('streams and dials', { timeout: 1_200_000 }, async () => {
  const relay = await Relay.start();
  const address = await relay.address();
  const [ours, theirs] = await Promise.all([Pages.serve(OURS), Pages.serve(THEIRS, process.env['LOWKEY_INTEROP'])]);
  const [mine, js] = [await pair(ours, address), await pair(theirs, address)];
  const raw = await RawChannel.between(mine[0].page, mine[1].page);

  const speed = { ours: [] as number[], raw: [] as number[], js: [] as number[] };
  const trip = { ours: [] as number[], raw: [] as number[], js: [] as number[] };
  const rate = (milliseconds: number): number => FILE / 1_048.576 / milliseconds;
  for (let round = 0; round < ROUNDS; round += 1) {
    speed.raw.push(rate(await raw.upload(FILE)));
    speed.ours.push(rate(await mine[0].upload(mine[1], FILE)));
    speed.js.push(rate(await js[0].upload(js[1], FILE)));
    trip.raw.push(...(await raw.trips(TRIPS)));
    trip.ours.push(...(await mine[0].trips(mine[1], TRIPS)));
    trip.js.push(...(await js[0].trips(js[1], TRIPS)));
  }
  const dial = { ours: [] as number[], js: [] as number[] };
  for (let count = 0; count < DIALS; count += 1) {
    await dials(mine, dial.ours);
    // Now and then js-libp2p fails to dial again; what it needs when it does is what counts.
    await dials(js, dial.js).catch(() => undefined);
  }

  const beside = (name: string, ours: number[], peer: number[], peerName: string, unit: string) =>
    ({ name, ours: median(ours), peer: median(peer), peerName, unit }) as const;
  await keep('channels', [
    beside('direct stream, 64 MiB', speed.ours, speed.raw, 'raw data channel', 'MiB/s'),
    beside('direct stream, 64 MiB', speed.ours, speed.js, 'js-libp2p', 'MiB/s'),
    beside('direct round trip of 64 bytes, p50', trip.ours, trip.raw, 'raw data channel', 'ms'),
    beside('direct round trip of 64 bytes, p50', trip.ours, trip.js, 'js-libp2p', 'ms'),
    beside('direct dial over a relay that both know, p50', dial.ours, dial.js, 'js-libp2p', 'ms'),
    { name: 'direct dial, p95', value: percentile(dial.ours, 0.95), unit: 'ms' },
  ]);
  await Promise.all([...mine, ...js].map((bare) => bare.leave()));
  await Promise.all([relay.end(), ours.close(), theirs.close()]);
});
