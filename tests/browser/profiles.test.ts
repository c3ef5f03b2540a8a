/** What becomes of a profile: what is written, what is refused, and that nothing new begins where something was. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { BareRelay, type Kept as Window, Profile, type Tab } from './bare.ts';
import { BROWSERS } from './browsers.ts';
import { bytesOf, clear, hold, type Kept, keyIn, letGo, put, putBack, take, takeOut } from './kept.ts';

const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const NAME = 'Ferdinand Fährmann';
const TEXT = 'the ferry leaves at eight o’clock';

/** What a page of a later day might have written. */
const NEWER: Kept = { format: 9, stores: { meta: [['epoch', 3], ['wrap', 'a form of later']], rooms: [[1, { bytes: 'AQID' }]] } };

describe.each(BROWSERS)('a profile in %s', (kind) => {
  let bare: BareRelay;
  let profile: Profile;
  /** A tab that has no peer. */
  let tab: Tab;
  let contact: string;

  beforeAll(async () => {
    bare = await BareRelay.start();
    profile = await Profile.at(bare, kind);
    tab = await profile.tab('#closed');
    // Somebody to write to: the owner of other words, who is not here any more.
    expect(await tab.opens({ phrase: WORDS, replace: true })).toBe('open');
    contact = await tab.address();
    await close(tab);
  });

  afterEach(async () => {
    await close(tab);
    expect(profile.browser.complaints).toEqual([]);
  });

  afterAll(async () => {
    await profile?.end();
    await bare?.end();
  });

  /** Begins with a new identity that knows somebody, and returns its address. */
  async function begin(): Promise<string> {
    expect(await tab.opens({ replace: true })).toBe('open');
    const address = await tab.address();
    await tab.page.evaluate(
      async (contact, name, text) => {
        const { peer } = Reflect.get(window, 'kept') as Window;
        await peer.add(contact, name);
        await peer.send(contact, text);
      },
      contact,
      NAME,
      TEXT,
    );
    return address;
  }

  async function kept(): Promise<Kept> {
    const found = await take(tab.page);
    if (found === undefined) throw new Error('nothing is kept');
    return found;
  }

  test('is sealed by a key that no script can read, and nothing in it is plain', async () => {
    const address = await begin();
    const words = await tab.page.evaluate(() => (Reflect.get(window, 'kept') as Window).peer.showPhrase());
    const all = await kept();
    const wrap = new Map(all.stores['meta'] as [string, Kept['stores'][string][number][1]][]).get('wrap');
    expect(wrap).toMatchObject({
      fields: { by: 'device', key: { cryptoKey: { extractable: false, algorithm: 'AES-GCM', usages: ['encrypt', 'decrypt'] } } },
    });
    await takeOut(tab.page, 'wrap');
    const refusals = await tab.page.evaluate(async () => {
      const key = Reflect.get(window, 'takenOut').key as CryptoKey;
      const other = await crypto.subtle.generateKey({ name: 'AES-KW', length: 256 }, false, ['wrapKey']);
      const ways = [
        ...(['raw', 'jwk', 'pkcs8', 'spki'] as const).map((format) => crypto.subtle.exportKey(format, key)),
        crypto.subtle.wrapKey('raw', key, other, 'AES-KW'),
      ];
      return Promise.all(ways.map((way) => way.then(() => 'read', (error: unknown) => (error as DOMException).name)));
    });
    await putBack(tab.page, 'wrap');
    expect(refusals.filter((refusal) => refusal === 'read')).toEqual([]);
    expect(refusals.slice(0, 2)).toEqual(['InvalidAccessError', 'InvalidAccessError']);
    const bytes = bytesOf(all);
    // The search finds what is there.
    expect(bytes.includes('device')).toBe(true);
    const secrets = [
      ...[address, contact].flatMap((one) => [Buffer.from(one), keyIn(one)]),
      ...[NAME, TEXT, words].flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')]),
      // Three letters may well stand in a row of bytes by chance.
      ...words.split(' ').filter((word) => word.length > 4).map((word) => Buffer.from(word)),
    ];
    expect(secrets.every(({ length }) => length > 4)).toBe(true);
    expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([]);
  });

  test('of a newer format is refused, and stays as it is', async () => {
    await clear(tab.page);
    await put(tab.page, NEWER);
    expect(await tab.look()).toEqual({ type: 'newer', found: 9 });
    for (const options of [{}, { phrase: WORDS }, { passphrase: 'anything' }]) {
      expect(await tab.opens(options)).toBe('storageNewer');
    }
    expect(await kept()).toEqual(NEWER);
  });

  test('without its key is damaged, stays as it is, and opens when the key is back', async () => {
    const address = await begin();
    await close(tab);
    await takeOut(tab.page, 'wrap');
    const before = await kept();
    expect(await tab.look()).toEqual({ type: 'damaged' });
    expect(await tab.opens({})).toBe('storageDamaged');
    expect(await tab.opens({ phrase: WORDS })).toBe('storageDamaged');
    expect(await kept()).toEqual(before);
    await putBack(tab.page, 'wrap');
    expect(await tab.opens({})).toBe('open');
    expect(await tab.address()).toBe(address);
    expect((await tab.history(contact)).map(({ text }) => text)).toEqual([TEXT]);
  });

  test('that the browser has cleared is gone, and no new one begins by itself', async () => {
    await begin();
    await close(tab);
    await clear(tab.page);
    for (let time = 0; time < 2; time += 1) {
      expect(await tab.look()).toEqual({ type: 'gone' });
      expect(await tab.opens({})).toBe('identityGone');
    }
    expect(bytesOf(await kept())).toEqual(Buffer.alloc(0));
    expect(await tab.opens({ replace: true })).toBe('open');
  });

  test('is replaced although a tab that sleeps has it open', async () => {
    const address = await begin();
    await close(tab);
    const sleeper = await profile.tab('#closed');
    await hold(sleeper.page);
    expect(await tab.opens({ replace: true })).toBe('open');
    expect(await tab.address()).not.toBe(address);
    expect(await tab.history(contact)).toEqual([]);
    await sleeper.page.close();
  });

  test('that only the whole database could make room for names the tab in the way, and waits for no longer', async () => {
    await clear(tab.page);
    await put(tab.page, NEWER);
    const sleeper = await profile.tab('#closed');
    await hold(sleeper.page);
    expect(await tab.opens({ replace: true })).toBe('storageBusy');
    await letGo(sleeper.page);
    expect(await tab.opens({ replace: true })).toBe('open');
    await sleeper.page.close();
  });

  test('gets its lock over the connection that its rows have', async () => {
    await begin();
    await tab.page.evaluate(() => {
      const open = IDBFactory.prototype.open;
      Reflect.set(window, 'openings', 0);
      IDBFactory.prototype.open = function (...options) {
        Reflect.set(window, 'openings', Reflect.get(window, 'openings') + 1);
        return open.apply(this, options);
      };
    });
    expect(await tab.does('setLock', 'correct horse')).toBe('done');
    expect(await tab.does('setLock', 'battery staple', 'correct horse')).toBe('done');
    expect(await tab.page.evaluate(() => Reflect.get(window, 'openings') as number)).toBe(0);
    await close(tab);
    expect(await tab.opens({ passphrase: 'correct horse' })).toBe('passphraseWrong');
    expect(await tab.opens({ passphrase: 'battery staple' })).toBe('open');
  });
});

/** Ends the peer of a tab, if it has one, and forgets who that was. */
async function close(tab: Tab): Promise<void> {
  await tab.page.evaluate(async () => {
    const kept = Reflect.get(window, 'kept') as Window;
    // There may never have been one.
    await (kept.peer as typeof kept.peer | undefined)?.close();
    kept.own = undefined;
  });
}
