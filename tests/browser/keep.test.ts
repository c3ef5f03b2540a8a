/** What a person keeps: a reload, a lock, a search, a conversation that ends, a backup, a browser that forgot. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { BROWSERS } from './browsers.ts';
import { Person } from './person.ts';
import { Relay } from './relay.ts';

const PATIENCE = { timeout: 90_000 } as const;

describe.each(BROWSERS)('two people in %s, one of whom reloads, locks, searches, ends and restores', (kind) => {
  let relay: Relay;
  let ann: Person;
  let ben: Person;
  let words: string;
  let file: string;

  beforeAll(async () => {
    relay = await Relay.start();
    [ann, ben] = await Promise.all([Person.at(relay, kind), Person.at(relay, kind)]);
  });

  afterAll(async () => {
    await Promise.all([ann?.leave(), ben?.leave()]);
    await relay?.end();
  });

  async function fill(person: Person, selector: string, value: string): Promise<void> {
    const field = await person.page.waitForSelector(selector, PATIENCE);
    await field?.evaluate((element, value) => {
      if (!(element instanceof HTMLInputElement)) throw new Error('this is no input');
      element.value = value;
    }, value);
  }

  /** Opens Settings, and one of its doors: each shows how things are, beside its name. */
  async function settings(person: Person, name: string): Promise<void> {
    await person.press(strings.sidebar.settings);
    await person.page.waitForSelector('>>> lk-settings-dialog', PATIENCE);
    for (const door of await person.page.$$('>>> lk-settings-dialog >>> .door')) {
      if (await door.evaluate((one, name) => one.querySelector('span')?.textContent === name, name)) await door.click();
    }
  }

  test('after the first contact the words are offered to be noted, and checked', async () => {
    const address = await ben.address();
    await ben.isFindable();
    await ann.add(address, 'Ben');
    await ann.writes('Hello Ben');
    await ben.accept();
    await ann.mineAre('delivered');
    await ben.writes('Hello Ann, the ferry leaves at eight');
    await ann.reads('Hello Ann, the ferry leaves at eight');
    await ann.press(strings.keep.show);
    await ann.press(strings.phrase.reveal);
    const list = await ann.page.waitForSelector('>>> lk-phrase-show-dialog >>> ol', PATIENCE);
    words = (await list?.evaluate((one) => [...one.querySelectorAll('li')].map((word) => word.textContent?.trim()).join(' '))) ?? '';
    await ann.press(strings.phrase.noted);
    await ann.page.waitForSelector('>>> lk-phrase-check-dialog >>> input', PATIENCE);
    const all = words.split(' ');
    for (const input of await ann.page.$$('>>> lk-phrase-check-dialog >>> input')) {
      const at = await input.evaluate((element) => Number(element.id.split('-').at(-1)));
      await input.type(all[at] ?? '');
    }
    await ann.press(strings.phrase.check);
    await ann.page.waitForSelector('>>> lk-keep-nudge', { ...PATIENCE, hidden: true });
  });

  test('a reload keeps people, texts and the noted words', async () => {
    const address = await ann.address();
    await ann.page.reload();
    await ann.sees('the ferry leaves at eight');
    expect(await ann.address()).toBe(address);
    expect(await ann.page.$('>>> lk-keep-nudge')).toBeNull();
    await ann.page.locator('>>> lk-contact-list >>> button').click();
    await ann.reads('Hello Ann, the ferry leaves at eight');
    await ann.writes('I am back');
    await ben.reads('Hello Ben', 'I am back');
  });

  test('a message is found by its words, and led to', async () => {
    await ann.types('FERRY eight');
    await ann.page.locator('>>> lk-found-messages >>> button').setTimeout(PATIENCE.timeout).click();
    await ann.page.waitForSelector('>>> lk-message[marked]', PATIENCE);
    await ann.types('');
  });

  test('a passphrase locks the page, and opens it again', async () => {
    await settings(ann, strings.lock.title);
    await ann.press(strings.lock.set);
    await fill(ann, '>>> lk-passphrase-field.fresh >>> input', 'four words for ann');
    await fill(ann, '>>> lk-passphrase-field.again >>> input', 'four words for ann');
    await ann.press(strings.lock.save);
    // The dialog before shows what can be done now.
    await ann.press(strings.lock.now);
    await ann.sees(strings.opening.locked.title);
    await ann.page.reload();
    await ann.sees(strings.opening.locked.title);
    await fill(ann, '>>> lk-lock-screen >>> input', 'wrong');
    await ann.press(strings.opening.locked.open);
    await ann.sees(strings.problems.passphraseWrong);
    await fill(ann, '>>> lk-lock-screen >>> input', 'four words for ann');
    await ann.press(strings.opening.locked.open);
    await ann.sees('I am back');
    await ann.page.waitForSelector('>>> lk-search-field >>> input:focus', PATIENCE);
  });

  test('a backup is saved as a file', async () => {
    const { downloads } = ann.browser;
    await settings(ann, strings.backup.title);
    await ann.press(strings.backup.make);
    await ann.sees('Saved among your downloads');
    // The browser may still be writing it, under another name.
    const saved = async (): Promise<string[]> => (await readdir(downloads).catch(() => [])).filter((name) => name.endsWith('.age'));
    await expect.poll(saved, PATIENCE).toHaveLength(1);
    file = join(downloads, ...(await saved()));
    await ann.press(strings.back);
    await ann.press(strings.close);
  });

  test('a conversation ends on both sides, and the next message begins a new one', async () => {
    await ann.page.locator('>>> lk-contact-list >>> button').click();
    await ann.press(strings.person.details('Ben'));
    await ann.press(strings.ending.action);
    await ann.press(strings.ending.confirm);
    await ann.sees(strings.ending.endedByUs);
    await ben.sees(strings.ending.next);
    await ann.writes('A new beginning');
    await ben.reads('Hello Ben', 'I am back', 'A new beginning');
    await ann.lastAre(1, 'delivered');
  });

  test('words and the file bring everything back to another browser', async () => {
    const other = await Person.at(relay, kind);
    try {
      await other.restores(words);
      await other.sees(strings.backup.restored);
      const input = await other.page.$('>>> lk-backup-dialog >>> input');
      if (input === null) throw new Error('there is no field for the file');
      await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(file);
      await other.sees(strings.backup.taken(1, 3));
      await other.press(strings.close);
      await other.sees('I am back');
      expect(await other.page.$$eval('>>> lk-contact-list >>> button', (rows) => rows.length)).toBe(1);
    } finally {
      await other.leave();
    }
  });

  test('a browser that cleared its storage says so, and begins anew only when told to', async () => {
    const address = await ben.address();
    await ben.page.evaluate(() => {
      // As a browser does that evicts the database; what marks the identity stays.
      indexedDB.deleteDatabase('lowkey');
    });
    await ben.page.reload();
    await ben.sees(strings.opening.lost.gone.title);
    await ben.press(strings.opening.anew);
    await ben.page.locator('>>> lk-begin-anew-dialog >>> .danger').click();
    await ben.sees(strings.welcome.title);
    expect(await ben.address()).not.toBe(address);
  });

  test('no page complained', () => {
    expect([...ann.browser.complaints, ...ben.browser.complaints]).toEqual([]);
  });
});
