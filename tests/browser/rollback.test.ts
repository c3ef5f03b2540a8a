/** A profile whose folder is put back to an older copy, as a backup of the whole machine does it. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { BareRelay, type Kept, Profile, type Tab } from './bare.ts';
import { BROWSERS, type BrowserKind } from './browsers.ts';
import { KeyLog } from './crashing.ts';
import { Oracle } from './oracle.ts';

/** Where a browser keeps IndexedDB in the folder of a profile. */
const DATABASES: Readonly<Record<BrowserKind, string>> = { chromium: 'Default/IndexedDB', firefox: 'storage/default' };

test.each(BROWSERS)('storage rolled back in %s heals by a new session', { timeout: 180_000 }, async (kind) => {
  const keys = new KeyLog();
  const oracle = new Oracle();
  const bare = await BareRelay.start('for tests');
  const watched = (profile: Profile): Promise<Tab> => profile.tab('', (page) => keys.watch(page));
  let ann = await Profile.at(bare, kind);
  const ben = await Profile.at(bare, kind);
  let [tab, other] = await Promise.all([watched(ann), watched(ben)]);
  const [toBen, toAnn] = [await other.address(), await tab.address()];
  const talk = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) {
      await oracle.write(tab, 'Ann', toBen, 2);
      await oracle.write(other, 'Ben', toAnn, 2);
      await oracle.caughtUp(other);
    }
  };
  const agree = (): Promise<void> =>
    oracle.agree({ tabs: [tab], contact: toBen }, { tabs: [other], contact: toAnn });
  const texts = async (tab: Tab, contact: string): Promise<string[]> => (await tab.history(contact)).map(({ text }) => text);

  await other.isFindable();
  await tab.add(toBen);
  await oracle.write(tab, 'Ann', toBen, 1);
  await other.accept(toAnn);
  await talk();
  await agree();
  const before = await texts(tab, toBen);

  const folder = await ann.browser.leave();
  const copy = await mkdtemp(join(tmpdir(), 'lowkey-copy-'));
  await cp(join(folder, DATABASES[kind]), copy, { recursive: true });
  ann = await Profile.at(bare, kind, folder);
  tab = await watched(ann);
  await talk();
  await agree();
  expect((await texts(tab, toBen)).length).toBeGreaterThan(before.length);

  await ann.browser.leave();
  await rm(join(folder, DATABASES[kind]), { recursive: true });
  await cp(copy, join(folder, DATABASES[kind]), { recursive: true });
  ann = await Profile.at(bare, kind, folder);
  tab = await watched(ann);
  expect(await tab.address()).toBe(toAnn);
  expect(await texts(tab, toBen)).toEqual(before);

  // Both go on; the other side has all that was ever taken, each once. Who has forgotten what was said writes into the
  // past until a first text comes: so the other one begins.
  const forgotten = new Set((await texts(other, toAnn)).slice(before.length));
  await oracle.write(other, 'Ben', toAnn, 1);
  await tab.until(async (contact, text) => {
    const { peer } = Reflect.get(window, 'kept') as Kept;
    return (await peer.history(contact, undefined, 1))[0]?.text === text;
  }, toBen, oracle.certain.at(-1));
  await talk();
  await oracle.caughtUp(other);
  const shownToBen = await texts(other, toAnn);
  oracle.holds(shownToBen);
  const shownToAnn = await texts(tab, toBen);
  expect(shownToAnn.filter((text) => !forgotten.has(text))).toEqual(shownToBen.filter((text) => !forgotten.has(text)));
  expect(new Set(shownToAnn).size).toBe(shownToAnn.length);
  console.log(`${kind}: ${oracle.certain.length} texts, ${forgotten.size} of them after the copy; ${keys.size} keys`);
  expect(keys.size).toBeGreaterThan(oracle.certain.length);
  expect(keys.repeated).toEqual([]);
  expect([...ann.browser.complaints, ...ben.browser.complaints]).toEqual([]);

  await Promise.all([ann.end(), ben.end()]);
  await bare.end();
  await rm(copy, { recursive: true });
});
