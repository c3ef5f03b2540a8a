/** A native peer of the WebRTC crate and pages: each dials the other, and streams hold. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { BROWSERS } from './browsers.ts';
import { Bare, OURS, Pages } from './proof.ts';
import { Relay } from './relay.ts';

/** `tests/src/bin/bare_peer.rs`. */
const PROGRAM = process.env['LOWKEY_NATIVE_PEER'];

let relay: Relay;
let address: string;
let pages: Pages;
let native: ChildProcess;

beforeAll(async () => {
  [relay, pages] = await Promise.all([Relay.start(), Pages.serve(OURS)]);
  address = await relay.address();
});

afterAll(async () => {
  await Promise.all([relay?.end(), pages?.close()]);
});

/** Starts the native peer, and returns what follows this word in what it prints. */
async function starts(word: string, ...part: readonly string[]): Promise<string> {
  if (PROGRAM === undefined) throw new Error('LOWKEY_NATIVE_PEER must name the peer; cargo xtask test sets it');
  const process = spawn(PROGRAM, part, { stdio: ['ignore', 'pipe', 'inherit'] });
  native = process;
  for await (const line of createInterface({ input: process.stdout })) {
    if (line.startsWith(word)) return line.slice(word.length).trim();
  }
  throw new Error(`the native peer ended before it said ${word}`);
}

describe.each(BROWSERS)('a native peer and %s', (kind) => {
  let page: Bare;

  beforeEach(async () => {
    page = await Bare.at(pages, kind, address);
  });

  afterEach(async () => {
    if (native.exitCode === null) {
      const gone = once(native, 'exit');
      native.kill();
      await gone;
    }
    const { complaints } = page.browser;
    await page.leave();
    expect(complaints).toEqual([]);
  });

  test('the page dials', async () => {
    const circuit = await starts('circuit', 'answer', address);
    const there = { circuit, id: circuit.slice(circuit.lastIndexOf('/') + 1) };
    await page.dial(there);
    for (const bytes of [0, 1, 8_193, 1_048_576]) expect(await page.echoes(there, bytes)).toBe(true);
    expect(await page.upload(there, 16 * 1_048_576)).toBeGreaterThan(0);
    const [pair] = await page.pairs();
    expect([pair?.local, pair?.remote]).not.toContain('relay');
  });

  test('the page is dialled', async () => {
    const found = await starts('found', 'dial', address, page.circuit);
    console.log(`native to ${kind}: ${found}`);
    expect(found).toContain('MiB/s');
  });
});
