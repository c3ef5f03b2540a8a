/** What IndexedDB makes of the contract of storage, in real browsers. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Page } from 'puppeteer-core';

import { BROWSERS, launch, type Launched } from './browsers.ts';
import { Pages } from './proof.ts';

/** What the build with `test-support` exports; `web-peer/src/testing.rs` says what each call means. */
interface Testing {
  checkStorageContract(prefix: string): Promise<void>;
  checkFailedSave(name: string): Promise<void>;
  readonly TestRows: { open(name: string): Promise<Rows> };
}

interface Rows {
  save(first: number, count: number, contacts: number, bytes: number): Promise<void>;
  count(): Promise<number>;
}

const MODULE = `
  import init, * as testing from '/lowkey_web_peer.js';
  await init({ module_or_path: '/lowkey_web_peer_bg.wasm' });
  window.testing = testing;`;

function serve(): Promise<Pages> {
  const folder = process.env['LOWKEY_TEST_PAGE'];
  if (folder === undefined) throw new Error('LOWKEY_TEST_PAGE must name the page; cargo xtask test sets it');
  return Pages.serve(MODULE, folder);
}

async function open(browser: Launched, { origin }: Pages): Promise<Page> {
  const page = await browser.page();
  await page.goto(origin);
  await page.waitForFunction(() => 'testing' in window);
  return page;
}

describe.each(BROWSERS)('IndexedDB in %s', (kind) => {
  let pages: Pages;
  let browser: Launched;
  let page: Page;

  beforeAll(async () => {
    [pages, browser] = await Promise.all([serve(), launch(kind)]);
  });

  afterAll(async () => {
    await browser?.close();
    await pages?.close();
  });

  beforeEach(async () => {
    page = await open(browser, pages);
  });

  afterEach(async () => {
    await page?.close();
  });

  test('keeps the contract of storage', async () => {
    await page.evaluate(() => (Reflect.get(window, 'testing') as Testing).checkStorageContract('contract'));
    expect(browser.complaints).toEqual([]);
  });

  test('is written with strict durability, each save in one transaction', async () => {
    const written = await page.evaluate(async () => {
      const rows = await (Reflect.get(window, 'testing') as Testing).TestRows.open('durability');
      const seen: (string | undefined)[] = [];
      const make = IDBDatabase.prototype.transaction;
      IDBDatabase.prototype.transaction = function (names, mode, options) {
        if (mode === 'readwrite') seen.push(options?.durability);
        return make.call(this, names, mode, options);
      };
      await rows.save(0, 100, 3, 1_000);
      await rows.save(100, 1, 1, 1);
      return seen;
    });
    expect(written).toEqual(['strict', 'strict']);
  });

  test('changes nothing when a save fails', async () => {
    await page.evaluate(async () => {
      const testing = Reflect.get(window, 'testing') as Testing;
      await (await testing.TestRows.open('failing')).save(0, 10, 2, 100);
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (value: unknown, key?: IDBValidKey) {
        // The last row of the save is of the history.
        if (this.name === 'history') throw new DOMException('there is no room', 'QuotaExceededError');
        return put.call(this, value, key);
      };
      await testing.checkFailedSave('failing');
      IDBObjectStore.prototype.put = put;
    });
    const count = await page.evaluate(async () =>
      (await (Reflect.get(window, 'testing') as Testing).TestRows.open('failing')).count(),
    );
    expect(count).toBe(10);
  });

  test('refuses what a peer that was overtaken still wants to save', async () => {
    const [refusal, count] = await page.evaluate(async () => {
      const { TestRows } = Reflect.get(window, 'testing') as Testing;
      const before = await TestRows.open('overtaken');
      await before.save(0, 1, 1, 1);
      const after = await TestRows.open('overtaken');
      const refusal = await before.save(1, 1, 1, 1).then(
        () => 'saved',
        (error: unknown) => String(error),
      );
      await after.save(2, 1, 1, 1);
      return [refusal, await after.count()] as const;
    });
    expect(refusal).toBe('storage cannot be used');
    expect(count).toBe(2);
  });
});

// Firefox lets nobody set how much room there is.
test('IndexedDB in chromium says that it is full, loses nothing, and goes on when there is room', async () => {
  // A browser of its own: for half a minute it believes in the room that it found at a save.
  const [pages, browser] = await Promise.all([serve(), launch('chromium')]);
  const page = await open(browser, pages);
  const { origin } = pages;
  const session = await page.createCDPSession();
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 500_000 });
  await page.evaluate(async () => {
    const rows = await (Reflect.get(window, 'testing') as Testing).TestRows.open('full');
    await rows.save(0, 10, 2, 100);
    Reflect.set(window, 'rows', rows);
  });
  // Values of more than 64 KiB become files in Chromium, which count later.
  const save = (first: number): Promise<string> =>
    page.evaluate(
      (first) =>
        (Reflect.get(window, 'rows') as Rows).save(first, 50, 2, 40_000).then(
          () => 'saved',
          (error: unknown) => String(error),
        ),
      first,
    );
  const count = (): Promise<number> => page.evaluate(() => (Reflect.get(window, 'rows') as Rows).count());
  expect([await save(10), await count()]).toEqual(['there is no room left', 10]);
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  expect([await save(10), await count()]).toEqual(['saved', 60]);
  await browser.close();
  await pages.close();
});
