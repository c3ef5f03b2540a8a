/** Where no WebSocket passes, pages reach a relay by WebRTC-direct, and talk through it as ever. */
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { BROWSERS } from './browsers.ts';
import { Front } from './front.ts';
import { Person } from './person.ts';
import { Bare, OURS, Pages } from './proof.ts';
import { Relay } from './relay.ts';
import { counts, pairs } from './watched.ts';

/** Browsers connect to no address of the loopback by WebRTC. */
const CARD = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family, address }) => !internal && family === 'IPv4' && !address.startsWith('169.254.'))?.address;

if (CARD === undefined) console.log('SKIPPED, pages at a relay by WebRTC-direct: this machine has the loopback alone');

describe.skipIf(CARD === undefined).each(BROWSERS)('two pages in %s, before which no WebSocket opens', (kind) => {
  let relay: Relay;
  let front: Front;
  let ann: Person;
  let ben: Person;

  const both = (act: (person: Person) => Promise<void>): Promise<unknown> => Promise.all([act(ann), act(ben)]);

  beforeAll(async () => {
    relay = await Relay.withWebRtcAt(CARD ?? '');
    front = await Front.before(relay);
    [ann, ben] = await Promise.all([Person.at(front, kind), Person.at(front, kind)]);
    // All goes through the relay, so that the way to it is what is tried.
    await ann.hidesFromAll();
  });

  afterAll(async () => {
    await Promise.all([ann?.leave(), ben?.leave()]);
    await front?.close();
    await relay?.end();
  });

  test('are connected to the relay by WebRTC-direct', async () => {
    await both((person) => person.sees(strings.connection.connected(1)));
    expect(front.refused).toBeGreaterThan(0);
    await both(async (person) => {
      await person.seesNetwork('/webrtc-direct/certhash/');
    });
    for (const { page } of [ann, ben]) {
      expect(await counts(page)).toMatchObject({ socketBytes: 0 });
      const [pair] = await pairs(page);
      expect(pair?.bytes).toBeGreaterThan(0);
    }
  });

  test('find each other, and what they write is delivered', async () => {
    const address = await ben.address();
    await ann.add(address);
    await ann.writes('Hello');
    await ann.mineAre('sentAwaitingAnswer');
    await ben.accept();
    await both((person) => person.writes('past every proxy'));
    await both((person) => person.mineAre('delivered'));
    for (let number = 0; number < 5; number += 1) await ann.trip(String(number).repeat(4_000));
    await both((person) => person.isReached(strings.reach.throughRelay('').slice(0, 'Through relay'.length)));
  });

  test('and still no byte went over a WebSocket, and no page complained', async () => {
    for (const { page, browser } of [ann, ben]) {
      expect(await counts(page)).toMatchObject({ socketBytes: 0 });
      expect(browser.complaints).toEqual([]);
      expect(browser.requests.filter((url) => !/^(data:|blob:)/.test(url) && !url.startsWith(front.origin))).toEqual([]);
    }
  });
});

describe.skipIf(CARD === undefined).each(BROWSERS)('two bare peers in %s, at a relay by WebRTC-direct', (kind) => {
  let relay: Relay;
  let pages: Pages;
  let one: Bare;
  let other: Bare;

  beforeAll(async () => {
    [relay, pages] = await Promise.all([Relay.withWebRtcAt(CARD ?? ''), Pages.serve(OURS)]);
    const address = await relay.address('webrtc-direct');
    [one, other] = await Promise.all([Bare.at(pages, kind, address), Bare.at(pages, kind, address)]);
  });

  afterAll(async () => {
    const complaints = [one, other].flatMap((bare) => bare?.browser.complaints ?? []);
    await Promise.all([one?.leave(), other?.leave()]);
    await Promise.all([pages?.close(), relay?.end()]);
    expect(complaints).toEqual([]);
  });

  // A browser takes the lowest free number for the circuit's channel: that of the handshake must not be free.
  test('the first stream after the reservation is not lost: a circuit opens', async () => {
    expect(await one.dialCircuit(other)).toBeLessThan(5_000);
  });

  test('a mebibyte passes through the circuit, many messages at once', async () => {
    expect(await one.uploadRelayed(other, 1_048_576)).toBeGreaterThan(0);
  });
});
