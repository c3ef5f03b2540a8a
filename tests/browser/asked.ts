/** How long the peer takes to answer, without a screen: beside IndexedDB itself in the same page, in turns. */
import type { Page } from 'puppeteer-core';

import type { Kept, Tab } from './bare.ts';

/** Milliseconds of ours, and of IndexedDB alone. */
export interface Times {
  readonly ours: number[];
  readonly peer: number[];
}

/** Waits until a search is of the whole history; returns the milliseconds since the page was opened. */
export async function indexed(page: Page): Promise<number> {
  const when = await page.waitForFunction(
    async () => {
      const { peer } = Reflect.get(window, 'kept') as Kept;
      return (await peer.search('nobody-says-this', 1)).complete && performance.now();
    },
    // Asked in every frame, it would do little else than answer.
    { polling: 250, timeout: 120_000 },
  );
  return Number(await when.jsonValue());
}

/** Asks for the last message of each conversation. */
export function lists(page: Page, rounds: number): Promise<number[]> {
  return page.evaluate(async (rounds) => {
    const { peer } = Reflect.get(window, 'kept') as Kept;
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      await peer.lastMessages();
      times.push(performance.now() - began);
    }
    return times;
  }, rounds);
}

/** Reads pages of a conversation, each before the one before, beside a cursor over as many of the same rows. */
export function pages(page: Page, rounds: number, messages: number): Promise<Times> {
  return page.evaluate(
    async (rounds, messages) => {
      const { peer } = Reflect.get(window, 'kept') as Kept;
      const lasts = await peer.lastMessages();
      const opening = indexedDB.open('lowkey');
      await new Promise((resolve) => opening.addEventListener('success', resolve));
      const cursor = (upper: IDBValidKey | undefined): Promise<IDBValidKey> =>
        new Promise((resolve, reject) => {
          const store = opening.result.transaction('history').objectStore('history');
          const range = upper === undefined ? null : IDBKeyRange.upperBound(upper, true);
          const rows: { key: IDBValidKey; value: unknown }[] = [];
          const asking = store.openCursor(range, 'prev');
          asking.addEventListener('error', reject);
          asking.addEventListener('success', () => {
            const cursor = asking.result;
            if (cursor !== null) rows.push({ key: cursor.key, value: cursor.value });
            const last = rows.at(-1);
            if (last !== undefined && (cursor === null || rows.length === messages)) resolve(last.key);
            else cursor?.continue();
          });
        });
      const times = { ours: [] as number[], peer: [] as number[] };
      // The longest of them: the first of the made history.
      let contact: string | undefined;
      for (const last of lasts) {
        const all = await peer.history(last.contact, undefined, 1_500);
        if (all.length === 1_500) contact = last.contact;
      }
      if (contact === undefined) throw new Error('no conversation is long');
      let before: string | undefined;
      let upper: IDBValidKey | undefined;
      for (let round = 0; round < rounds; round += 1) {
        const began = performance.now();
        before = (await peer.history(contact, before, messages))[0]?.order;
        const between = performance.now();
        upper = await cursor(upper);
        times.ours.push(between - began);
        times.peer.push(performance.now() - between);
      }
      opening.result.close();
      return times;
    },
    rounds,
    messages,
  );
}

/** Searches for words; returns the milliseconds of each search. */
export function searches(page: Page, words: readonly string[], rounds: number): Promise<number[]> {
  return page.evaluate(
    async (words, rounds) => {
      const { peer } = Reflect.get(window, 'kept') as Kept;
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        for (const text of words) {
          const began = performance.now();
          await peer.search(text, 100);
          times.push(performance.now() - began);
        }
      }
      return times;
    },
    words,
    rounds,
  );
}

/** Sends texts to somebody who is away, each stored when it is answered, beside one row put as strictly. */
export function stores(page: Page, rounds: number): Promise<Times> {
  return page.evaluate(async (rounds) => {
    const { peer } = Reflect.get(window, 'kept') as Kept;
    const contact = (await peer.lastMessages())[0]?.contact ?? '';
    const opening = indexedDB.open('raw');
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('rows'));
    await new Promise((resolve) => opening.addEventListener('success', resolve));
    const put = (key: Uint8Array<ArrayBuffer>, row: Uint8Array): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const writing = opening.result.transaction('rows', 'readwrite', { durability: 'strict' });
        writing.objectStore('rows').put(row, key);
        writing.addEventListener('complete', resolve);
        writing.addEventListener('abort', reject);
      });
    const times = { ours: [] as number[], peer: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      await peer.send(contact, `A text of an ordinary length, such as people write them, number ${String(round)}`);
      const between = performance.now();
      // As long as the key and the row of the history.
      await put(crypto.getRandomValues(new Uint8Array(40)), crypto.getRandomValues(new Uint8Array(150)));
      times.ours.push(between - began);
      times.peer.push(performance.now() - between);
    }
    opening.result.close();
    indexedDB.deleteDatabase('raw');
    return times;
  }, rounds);
}

/** Closes the tab that leads, again and again; returns the milliseconds until another leads. */
export async function takeovers(first: Tab, open: () => Promise<Tab>, rounds: number): Promise<number[]> {
  const times: number[] = [];
  let leader = first;
  for (let round = 0; round < rounds; round += 1) {
    const next = await open();
    const closed = await next.page.evaluate(() => Date.now());
    const closing = leader.page.close();
    times.push(await next.leadsAfter(closed));
    await closing;
    leader = next;
  }
  return times;
}

/** Returns the bytes of all memories of WebAssembly in a page. */
export async function memory(page: Page): Promise<number> {
  const prototype = await page.evaluateHandle(() => WebAssembly.Memory.prototype);
  const memories = await page.queryObjects(prototype);
  return page.evaluate((all) => all.reduce((sum, { buffer }) => sum + buffer.byteLength, 0), memories);
}
