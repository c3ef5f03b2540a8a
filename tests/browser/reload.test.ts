/** A page that is reloaded while texts are under way: nothing is lost or doubled, and no key is used twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { BareRelay, type Kept, Profile, type Tab } from './bare.ts';
import { BROWSERS } from './browsers.ts';
import { KeyLog } from './crashing.ts';
import { Oracle } from './oracle.ts';

/** When a page is reloaded, while it sends five texts. */
const WHEN = ['at once', 'when one is on the screen', 'when one has arrived'] as const;

describe.each(BROWSERS)('a page that is reloaded in %s', (kind) => {
  const reloads = kind === 'chromium' ? 30 : 15;
  const keys = new KeyLog();
  const oracle = new Oracle();
  let bare: BareRelay;
  let ann: Profile;
  let ben: Profile;
  let tab: Tab;
  let other: Tab;
  let toBen: string;
  let toAnn: string;

  beforeAll(async () => {
    bare = await BareRelay.start('for tests');
    [ann, ben] = await Promise.all([Profile.at(bare, kind), Profile.at(bare, kind)]);
    const watched = (profile: Profile): Promise<Tab> => profile.tab('', (page) => keys.watch(page));
    [tab, other] = await Promise.all([watched(ann), watched(ben)]);
    [toBen, toAnn] = [await other.address(), await tab.address()];
    await other.isFindable();
    await tab.add(toBen);
    await oracle.write(tab, 'Ann', toBen, 1);
    await other.accept(toAnn);
  });

  afterAll(async () => {
    await Promise.all([ann?.end(), ben?.end()]);
    await bare?.end();
  });

  test(`${reloads} times while it sends`, { timeout: 300_000 }, async () => {
    for (let reload = 0; reload < reloads; reload += 1) {
      const when = WHEN[reload % WHEN.length];
      const known = await tab.page.evaluate(() => (Reflect.get(window, 'kept') as Kept).messages.size);
      const writing = [oracle.write(tab, 'Ann', toBen, 5), oracle.write(other, 'Ben', toAnn, 2)];
      if (when !== 'at once') {
        await tab.until(
          (known, state) => {
            const messages = [...(Reflect.get(window, 'kept') as Kept).messages.values()].slice(known);
            return messages.some((message) => message.author === 'me' && (state === 'any' || message.state === state));
          },
          known,
          when === 'when one has arrived' ? 'delivered' : 'any',
        );
      }
      await tab.page.reload();
      await tab.isOpen();
      await Promise.all(writing);
      if (reload % 5 === 4) await agree();
    }
    console.log(
      `${kind}, ${reloads} reloads: ${oracle.certain.length} texts taken, ${oracle.uncertain.size} under way in a page ` +
        'that was reloaded; none lost, none twice, all in order',
    );
  });

  async function agree(): Promise<void> {
    await Promise.all([oracle.write(tab, 'Ann', toBen, 1), oracle.write(other, 'Ben', toAnn, 1)]);
    await oracle.agree({ tabs: [tab], contact: toBen }, { tabs: [other], contact: toAnn });
  }

  test('no key was used twice with the same nonce', () => {
    console.log(`${kind}: ${keys.size} pairs of key and nonce`);
    expect(keys.size).toBeGreaterThan(0);
    expect(keys.repeated).toEqual([]);
  });

  test('no page complained', () => {
    expect([...ann.browser.complaints, ...ben.browser.complaints]).toEqual([]);
  });
});
