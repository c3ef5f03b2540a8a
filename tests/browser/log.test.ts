/** Long histories on the screen: the log draws a bounded piece, and nothing that is read jumps away. */
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { launchChromium, type Launched } from './browsers.ts';
import { Gallery } from './gallery.ts';

let gallery: Gallery;
let browser: Launched;
let page: Page;

beforeAll(async () => {
  [gallery, browser] = await Promise.all([Gallery.open(), launchChromium()]);
  page = await browser.page();
});

afterAll(async () => {
  await browser?.close();
  await gallery?.close();
});

async function open(state: string): Promise<void> {
  await page.goto(gallery.url(state));
  await page.waitForSelector('lowkey-app');
  await frames(3);
}

async function frames(count: number): Promise<void> {
  await page.evaluate(async (count) => {
    for (let frame = 0; frame < count; frame += 1) await new Promise(requestAnimationFrame);
  }, count);
}

interface Drawn {
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** The messages in view, by their number, and where they begin. */
  readonly seen: readonly (readonly [number: number, top: number])[];
}

/** Returns what the log has drawn. Messages of the gallery begin with their number. */
async function drawn(): Promise<Drawn> {
  const log = await page.waitForSelector('>>> lk-chat-log');
  const found = await log?.evaluate((element) => {
    const root = element.shadowRoot;
    const box = root?.querySelector('.log')?.getBoundingClientRect();
    const messages = [...(root?.querySelectorAll('lk-message') ?? [])];
    const text = (message: Element | undefined): string =>
      message?.shadowRoot?.querySelector('.bubble')?.textContent?.trim() ?? '';
    const seen = messages.flatMap((message): [number, number][] => {
      const { top, bottom } = message.getBoundingClientRect();
      const isSeen = box !== undefined && bottom > box.top && top < box.bottom;
      return isSeen ? [[parseInt(text(message), 10), top]] : [];
    });
    return { count: messages.length, first: text(messages[0]), last: text(messages.at(-1)), seen };
  });
  if (found === undefined) throw new Error('there is no log');
  return found;
}

/** Scrolls as a wheel does, and returns by how much what stays in view has moved, for each turn. */
async function wheel(turns: number, by: number): Promise<number[]> {
  const moves: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const before = await drawn();
    await page.mouse.wheel({ deltaY: by });
    await frames(3);
    const after = await drawn();
    const [one] = before.seen.filter(([number]) => after.seen.some(([other]) => other === number));
    const top = after.seen.find(([number]) => number === one?.[0])?.[1];
    if (one !== undefined && top !== undefined) moves.push(Math.abs(top - one[1]));
  }
  return moves;
}

describe('five thousand messages that are loaded', () => {
  test('open with the newest, of which a few screens are drawn', async () => {
    await open('chat-long');
    const { count, last } = await drawn();
    expect(count).toBeLessThan(200);
    expect(last).toMatch(/^5000\./);
  });

  test('are scrolled through without a jump, and a bounded piece is drawn', async () => {
    await open('chat-long');
    await page.mouse.move(800, 400);
    const up = await wheel(60, -400);
    const above = await drawn();
    expect(above.seen[0]?.[0]).toBeLessThan(4900);
    expect(above.count).toBeLessThan(250);
    const down = await wheel(60, 400);
    expect((await drawn()).last).toMatch(/^5000\./);
    // What stays in view moves as far as the wheel says, but for whole pixels, or less at an end.
    expect([...up, ...down].filter((move) => move > 404)).toEqual([]);
    expect([...up, ...down].filter((move) => move > 396).length).toBeGreaterThan(100);
  });

  test('cost a frame nothing that one would notice', async () => {
    await open('chat-long');
    const longest = await page.evaluate(async () => {
      const find = (root: ParentNode): Element | undefined => {
        for (const element of root.querySelectorAll('*')) {
          if (element.localName === 'lk-chat-log') return element.shadowRoot?.querySelector('.log') ?? undefined;
          const inside = element.shadowRoot === null ? undefined : find(element.shadowRoot);
          if (inside !== undefined) return inside;
        }
        return undefined;
      };
      const log = find(document);
      const tasks: number[] = [];
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: 'longtask',
      });
      for (let turn = 0; turn < 120; turn += 1) {
        log?.scrollBy(0, -600);
        await new Promise(requestAnimationFrame);
      }
      return Math.max(0, ...tasks);
    });
    // A long task is one of more than 50 ms; a machine that builds meanwhile makes some.
    expect(longest).toBeLessThan(200);
  });
});

describe('a message that was searched for', () => {
  test('is in view, marked, and has the focus', async () => {
    await open('chat-found');
    const { seen } = await drawn();
    expect(seen.map(([number]) => number)).toContain(151);
    const marked = await page.$eval('>>> lk-message[marked]', (element) => element.matches(':focus'));
    expect(marked).toBe(true);
  });

  test('stays in view when the window changes its width', async () => {
    await open('chat-found');
    await page.setViewport({ width: 320, height: 640 });
    await frames(3);
    const { seen } = await drawn();
    await page.setViewport({ width: 1280, height: 800 });
    expect(seen.map(([number]) => number)).toContain(151);
  });
});

describe('a thousand people', () => {
  test('are drawn as far as one looks, and the last is a key away', async () => {
    await open('list-long');
    const rows = (): Promise<number> => page.$$eval('>>> lk-contact-list >>> button', (list) => list.length);
    expect(await rows()).toBeLessThan(400);
    const first = await page.waitForSelector('>>> lk-contact-list >>> button');
    await first?.focus();
    await page.keyboard.press('End');
    await frames(3);
    expect(await rows()).toBe(1000);
    const last = await page.$eval('>>> lk-contact-list >>> button:focus', (row) => row.textContent);
    expect(last).toContain('Person 1000');
  });
});

test('the passphrase has the focus, and what to do without it is a key away', async () => {
  await open('locked');
  expect(await page.$('>>> lk-passphrase-field >>> input:focus')).not.toBeNull();
  expect(await page.$$eval('>>> lk-lock-screen >>> summary', (list) => list.map((one) => one.textContent))).toEqual([
    strings.opening.locked.forgotten,
  ]);
});
