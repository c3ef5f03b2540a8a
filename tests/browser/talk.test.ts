/** Two people who exchanged nothing but an address talk, over relays that die and come back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { BROWSERS } from './browsers.ts';
import { Person } from './person.ts';
import { Relay } from './relay.ts';

describe.each(BROWSERS)('two pages in %s, served by two relays', (kind) => {
  let a: Relay;
  let b: Relay;
  let ann: Person;
  let ben: Person;
  const wroteToBen: string[] = [];
  const wroteToAnn: string[] = [];

  beforeAll(async () => {
    a = await Relay.start();
    b = await Relay.start(a);
    [ann, ben] = await Promise.all([Person.at(a, kind), Person.at(b, kind)]);
    // With a direct path nobody would notice that relays die: direct.test.ts shows that.
    await ann.hidesFromAll();
  });

  afterAll(async () => {
    await Promise.all([ann?.leave(), ben?.leave()]);
    await Promise.all([a?.end(), b?.end()]);
  });

  /** Each writes these, then both have read all that was ever written, and know it. */
  async function exchange(count: number, name: string): Promise<void> {
    await write(count, name);
    await arrive();
  }

  async function write(count: number, name: string): Promise<void> {
    for (let number = 1; number <= count; number += 1) {
      const [toBen, toAnn] = [`${name} ${number} to Ben`, `${name} ${number} to Ann`];
      await ann.writes(toBen);
      await ben.writes(toAnn);
      wroteToBen.push(toBen);
      wroteToAnn.push(toAnn);
    }
  }

  const both = (act: (person: Person) => Promise<void>): Promise<unknown> => Promise.all([act(ann), act(ben)]);

  async function arrive(): Promise<void> {
    await Promise.all([ben.reads(...wroteToBen), ann.reads(...wroteToAnn)]);
    await Promise.all([ann.mineAre('delivered'), ben.mineAre('delivered')]);
  }

  test('a stranger asks by address alone, and waits for the answer', async () => {
    const address = await ben.address();
    expect(address).toMatch(/^lowkey1[02-9ac-hj-np-z]{59}$/);
    await ben.isFindable();
    await ann.add(address);
    await ann.writes('Hello Ben');
    wroteToBen.push('Hello Ben');
    await ann.mineAre('sentAwaitingAnswer');
  });

  test('the request is accepted, and ten messages go each way', async () => {
    await ben.accept();
    await ben.reads('Hello Ben');
    await ann.mineAre('delivered');
    await exchange(10, 'First');
  });

  test.each([
    ['the first page', () => a],
    ['the second page', () => b],
  ])('the relay of %s dies: both pages say so, talk goes on over the other, and it comes back', async (name, relay) => {
    await relay().kill();
    await both((person) => person.sees(strings.connection.connected(1)));
    await exchange(5, `Without the relay of ${name}`);
    await relay().restart();
    await both((person) => person.sees(strings.connection.connected(2)));
    await exchange(1, `With the relay of ${name} again`);
  });

  test.each([
    ['the first page', () => a, () => b],
    ['the second page', () => b, () => a],
  ])('both relays die: messages wait, and all arrive once when that of %s is back', async (name, first, second) => {
    await Promise.all([a.kill(), b.kill()]);
    await both((person) => person.sees(strings.connection.looking));
    await write(5, `Waiting for the relay of ${name}`);
    await both((person) => person.lastAre(5, 'waiting'));
    await first().restart();
    await arrive();
    await second().restart();
    await both((person) => person.sees(strings.connection.connected(2)));
    await exchange(1, `After both, ${name}`);
  });

  test('no page asked a foreign origin for anything, or complained', () => {
    for (const [person, relay] of [[ann, a], [ben, b]] as const) {
      const foreign = person.browser.requests.filter(
        (url) => !url.startsWith(relay.origin) && !url.startsWith('data:') && !url.startsWith('blob:'),
      );
      expect(foreign).toEqual([]);
      expect(person.browser.complaints).toEqual([]);
    }
  });
});
