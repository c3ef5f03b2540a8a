/**
 * Profiles that were kept in earlier formats, as browsers had them: each must stay readable for ever. They are locked by a
 * passphrase, since the other key cannot be taken out of a browser.
 *
 * `LOWKEY_KEEP_FORMAT=1 npx vitest run format` writes such a file of the format of today, where none is yet.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { BareRelay, type Kept as Window, Profile, type Tab } from './bare.ts';
import { BROWSERS } from './browsers.ts';
import { bytesOf, type Kept, put, take } from './kept.ts';

const FOLDER = join(import.meta.dirname, 'fixtures');

/** A profile as a file: what is in it, and what opens it. */
interface File {
  readonly passphrase: string;
  readonly words: string;
  readonly address: string;
  readonly contact: string;
  readonly name: string;
  readonly history: readonly { readonly author: string; readonly text: string }[];
  readonly kept: Kept;
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

let bare: BareRelay;

beforeAll(async () => {
  bare = await BareRelay.start();
});

afterAll(async () => {
  await bare?.end();
});

describe.each(BROWSERS)('in %s', (kind) => {
  test.each(files)('%s opens, with its owner, its people and its talk', async (name) => {
    const file = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as File;
    const profile = await Profile.at(bare, kind);
    const tab = await profile.tab('#closed');
    await put(tab.page, file.kept);
    const before = await take(tab.page);
    expect(bytesOf(before!).equals(bytesOf(file.kept))).toBe(true);
    expect(await tab.look()).toEqual({ type: 'here', locked: true });
    // Who guesses wrong loses nothing.
    expect(await tab.opens({})).toBe('locked');
    expect(await tab.opens({ passphrase: `${file.passphrase}!` })).toBe('passphraseWrong');
    expect(await take(tab.page)).toEqual(before);
    expect(await tab.opens({ passphrase: file.passphrase })).toBe('open');
    expect(await tab.address()).toBe(file.address);
    expect(await tab.page.evaluate(() => (Reflect.get(window, 'kept') as Window).peer.showPhrase())).toBe(file.words);
    await tab.until((contact) => (Reflect.get(window, 'kept') as Window).contacts.has(contact), file.contact);
    const person = await tab.page.evaluate(
      (contact) => (Reflect.get(window, 'kept') as Window).contacts.get(contact) as unknown,
      file.contact,
    );
    expect(person).toMatchObject({ petname: file.name, standing: 'contact' });
    expect(saidIn(await tab.history(file.contact))).toEqual(file.history);
    // It lives: something new is kept beside the old.
    await tab.send(file.contact, ['written today']);
    expect(saidIn(await tab.history(file.contact)).at(-1)).toEqual({ author: 'me', text: 'written today' });
    expect(profile.browser.complaints).toEqual([]);
    await profile.end();
  });
});

test.runIf(process.env['LOWKEY_KEEP_FORMAT'] !== undefined)('the format of today is written down', async () => {
  const [profile, others] = await Promise.all([Profile.at(bare, 'chromium'), Profile.at(bare, 'chromium')]);
  const [tab, other] = await Promise.all([profile.tab(), others.tab()]);
  const [address, contact] = await Promise.all([tab.address(), other.address()]);
  await other.isFindable();
  await tab.page.evaluate((contact) => (Reflect.get(window, 'kept') as Window).peer.add(contact, 'Ben Fährmann'), contact);
  await tab.send(contact, ['Hello Ben', 'the ferry leaves at eight']);
  await other.accept(address);
  await other.send(address, ['Grüße, \u{1f6a2}!']);
  await heard(other, address, 3);
  await heard(tab, contact, 3);
  await other.page.close();
  // The last one is not delivered: it waits.
  await tab.send(contact, ['this one waits']);
  const passphrase = 'correct horse battery staple';
  expect(await tab.does('setLock', passphrase)).toBe('done');
  const words = await tab.page.evaluate(() => (Reflect.get(window, 'kept') as Window).peer.showPhrase());
  const history = saidIn(await tab.history(contact));
  await tab.does('lock');
  await tab.isStopped('locked');
  const kept = await take(tab.page);
  if (kept === undefined) throw new Error('nothing is kept');
  const file: File = { passphrase, words, address, contact, name: 'Ben Fährmann', history, kept };
  await writeFile(join(FOLDER, `profile-${String(kept.format)}.json`), `${JSON.stringify(file, null, 1)}\n`, { flag: 'wx' });
  await Promise.all([profile.end(), others.end()]);
});

function saidIn(history: readonly { author: string; text: string }[]): { author: string; text: string }[] {
  return history.map(({ author, text }) => ({ author, text }));
}

/** Waits until a tab knows so many messages of a conversation, and its own are delivered. */
async function heard(tab: Tab, contact: string, count: number): Promise<void> {
  await tab.until(
    (contact, count) => {
      const { messages } = Reflect.get(window, 'kept') as Window;
      const all = [...messages.values()].filter((message) => message.contact === contact);
      return all.length === count && all.every(({ author, state }) => author === 'them' || state === 'delivered');
    },
    contact,
    count,
  );
}
