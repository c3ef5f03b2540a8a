/**
 * A disk that is full, as a person sees it. Only Chromium lets a test say how much room there is. Its budget is shared by
 * all databases of an origin, so another one takes what is left.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { Person } from './person.ts';
import { Relay } from './relay.ts';

const PATIENCE = { timeout: 90_000 } as const;

/** How much the browser gives until it is full. */
const ROOM = 2_000_000;

describe('a person whose disk is full', () => {
  let relay: Relay;
  let ann: Person;
  let ben: Person;

  beforeAll(async () => {
    relay = await Relay.start();
    [ann, ben] = await Promise.all([Person.at(relay), Person.at(relay)]);
    await ann.add(await ben.address(), 'Ben');
    await ann.writes('There is room');
    await ben.accept();
    await ben.writes('So there is');
    await ann.reads('So there is');
    await ann.mineAre('delivered');
  });

  afterAll(async () => {
    await Promise.all([ann?.leave(), ben?.leave()]);
    await relay?.end();
  });

  /** What stands below the composer when a text was refused. */
  async function refusal(): Promise<string> {
    const line = await ann.page.waitForSelector('>>> lk-composer >>> .problem', PATIENCE);
    return (await line?.evaluate((element) => element.textContent?.trim())) ?? '';
  }

  test('is told so, keeps what was accepted, and goes on when there is room', async () => {
    const { origin } = relay;
    const session = await ann.page.createCDPSession();
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: ROOM });
    await fill(ann);
    // The browser looks anew from time to time, and finds nothing either.
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    // The first one is tried; what follows comes into the pauses between two trials.
    for (const text of ['First', ', second', ', third']) {
      await ann.writes(text);
      expect(await refusal()).toBe(strings.problems.storageFull);
    }
    await ann.sees(strings.storage.full);
    // It is not confirmed before it is kept.
    await ben.writes('Is there room?');
    expect((await ann.shown()).map(({ text }) => text)).toEqual(['There is room', 'So there is']);
    expect((await ben.shown()).at(-1)?.state).not.toBe('delivered');

    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await ann.page.waitForFunction(
      (text) => {
        const says = (root: ParentNode): boolean =>
          [...root.querySelectorAll('*')].some(
            (element) => element.textContent?.includes(text) === true || (element.shadowRoot !== null && says(element.shadowRoot)),
          );
        return !says(document);
      },
      PATIENCE,
      strings.storage.full,
    );
    await ann.reads('So there is', 'Is there room?');
    await ben.lastAre(1, 'delivered');
    // What was refused stands in the field still.
    await ann.writes('.');
    await ben.reads('There is room', 'First, second, third.');
    await ann.page.reload();
    await ann.sees('First, second, third.');
    expect([...ann.browser.complaints, ...ben.browser.complaints]).toEqual([]);
  });
});

/** Writes into another database of the origin until the smallest row is refused. */
async function fill(person: Person): Promise<void> {
  await person.page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const opening = indexedDB.open('filler', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('rows', { autoIncrement: true });
      opening.onsuccess = () => {
        resolve(opening.result);
      };
    });
    const put = (bytes: number): Promise<boolean> =>
      new Promise((resolve) => {
        const writing = database.transaction('rows', 'readwrite', { durability: 'strict' });
        writing.objectStore('rows').put(new Uint8Array(bytes));
        writing.oncomplete = () => {
          resolve(true);
        };
        writing.onabort = () => {
          resolve(false);
        };
      });
    for (const bytes of [40_000, 4_000, 400, 40, 1]) while (await put(bytes));
  });
}
