/**
 * A history of years: how long the page takes to start with it, to list, to open, to scroll, to search and to store.
 * Not a test: nothing passes or fails.
 *
 * The history comes into the browser as people bring theirs, as a backup file.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { test } from 'vitest';

import { indexed, lists, memory, pages, searches, stores, takeovers } from './asked.ts';
import { Tab, writeBarePage } from './bare.ts';
import { Person } from './person.ts';
import { Relay } from './relay.ts';
import { besides, keep, lines, type Row } from './rows.ts';
import {
  isSearchable,
  listDrawn,
  longestTask,
  openTalk,
  prepare,
  scrollBack,
  search,
  takeIn,
  welcomeDrawn,
} from './screens.ts';

const MESSAGES = Number(process.env['LOWKEY_MESSAGES'] ?? 100_000);
/** As many as the made history has; the first has talked most, the last ones all alike. */
const PEOPLE = 50;
const ROUNDS = 7;
const TIMES = 20;
const STORED = 100;
/** From words that nearly every message has to one that none has. */
const WORDS = ['the', 'garden', 'ferry', 'garden the', 'kalo', 'renka', 'the ferry', 'nobody-says-this'];

let relay: Relay;
let ann: Person;

test('a long history', { timeout: 3_600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lowkey-history-'));
  relay = await Relay.start();
  ann = await Person.at(relay);
  const taken = await takeIn(ann.page, made(join(folder, 'made.age'), await ann.words()));
  await ann.page.close();
  const rows = [
    { name: `backup of ${String(MESSAGES)} messages taken in`, value: taken / 1_000, unit: 's' },
    ...(await screens()),
    ...(await peers(join(folder, 'bare'))),
  ];
  await keep('history', rows);
  await ann.leave();
  await relay.end();
  await rm(folder, { recursive: true, force: true });
});

/** What people wait for at the page. */
async function screens(): Promise<Row[]> {
  const ben = await Person.at(relay);
  await ben.page.close();
  const start = { ours: [] as number[], peer: [] as number[] };
  const early: number[] = [];
  const held: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [other, welcomed] = await opened(ben, welcomeDrawn);
    await other.close();
    const [page, listed] = await opened(ann, (page) => listDrawn(page, PEOPLE));
    start.peer.push(welcomed);
    start.ours.push(listed);
    early.push(await openTalk(page, `Person ${String(1 + (round % 5))}`));
    await search(page, 'nobody-says-this');
    await isSearchable(page);
    held.push(await longestTask(page));
    await page.close();
  }
  await ben.leave();

  const [page] = await opened(ann, (page) => listDrawn(page, PEOPLE));
  await search(page, 'nobody-says-this');
  await isSearchable(page);
  await search(page, '');
  await longestTask(page);
  const talks: number[] = [];
  for (let person = 10; person < 10 + TIMES; person += 1) {
    talks.push(await openTalk(page, `Person ${String(person)}`));
  }
  await openTalk(page, 'Person 1');
  const back = await scrollBack(page, TIMES);
  const jolt = await longestTask(page);
  const found: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    for (const words of WORDS) {
      found.push(await search(page, words));
      await search(page, '');
    }
  }
  await page.close();
  return [
    besides('page opened → list with last messages drawn, p50', start, 'nobody known'),
    ...lines('conversation clicked while the index is built → drawn', early),
    { name: 'longest task from page opened to index built', value: Math.round(Math.max(...held)), unit: 'ms' },
    ...lines('conversation clicked → drawn', talks),
    ...lines('history scrolled to its end → next page drawn', back),
    { name: 'longest task while opening and scrolling', value: Math.round(jolt), unit: 'ms' },
    ...lines('words typed → found messages drawn', found),
  ];
}

/** What the peer takes of it, in a page without a screen at the same origin. */
async function peers(folder: string): Promise<Row[]> {
  await relay.restartServing(await writeBarePage(folder));
  const open = async (): Promise<Tab> => {
    const page = await ann.browser.page();
    await page.goto(relay.origin);
    const tab = new Tab(page);
    await tab.isOpen();
    return tab;
  };
  const tab = await open();
  const { page } = tab;
  const built = await indexed(page);
  const list = await lists(page, TIMES);
  const read = await pages(page, TIMES, 50);
  const found = await searches(page, WORDS, 3);
  const stored = await stores(page, STORED);
  const bytes = await memory(page);
  const led = await takeovers(tab, open, ROUNDS);
  return [
    { name: 'page opened → index built, nothing else done', value: Math.round(built), unit: 'ms' },
    ...lines('last messages of all read', list),
    besides('page of 50 messages read, p50', read, 'a cursor over the rows'),
    ...lines('words searched', found),
    besides('message stored, p50', stored, 'a row put as strictly'),
    besides('message stored, p95', stored, 'a row put as strictly', 0.95),
    { name: 'memory of the wasm', value: bytes / 1_048_576, unit: 'MiB' },
    ...lines('tab that leads closed → another leads', led),
  ];
}

/** Opens the page in a browser that has its files; returns it, and when it was drawn. */
async function opened(who: Person, drawn: (page: Page) => Promise<number>): Promise<[Page, number]> {
  const page = await who.browser.page();
  await prepare(page);
  await page.goto(relay.origin);
  return [page, await drawn(page)];
}

/** Makes the history of somebody with these words. */
function made(file: string, words: string): string {
  const program = process.env['LOWKEY_MADE_HISTORY'];
  if (program === undefined) throw new Error('LOWKEY_MADE_HISTORY must name the program; cargo xtask bench sets it');
  const { status, stderr } = spawnSync(program, [file, String(MESSAGES)], { input: words });
  if (status !== 0) throw new Error(`no history was made: ${stderr.toString()}`);
  return file;
}
