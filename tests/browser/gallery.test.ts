/**
 * Every state of the page, narrow and wide, light and dark: axe finds nothing, nothing scrolls sideways, no script of
 * other people runs, nothing is asked of a foreign origin. LOWKEY_SCREENSHOTS names a folder for the pictures.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type axe from 'axe-core';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { launchChromium, type Launched } from './browsers.ts';
import { Gallery } from './gallery.ts';

const PICTURES = process.env['LOWKEY_SCREENSHOTS'];
const ONLY = process.env['LOWKEY_STATE'];

const VIEWS = [
  { name: 'narrow-light', width: 320, height: 640, theme: 'light', direction: 'ltr' },
  { name: 'narrow-dark', width: 320, height: 640, theme: 'dark', direction: 'ltr' },
  { name: 'wide-light', width: 1280, height: 800, theme: 'light', direction: 'ltr' },
  { name: 'wide-dark', width: 1280, height: 800, theme: 'dark', direction: 'ltr' },
  { name: 'narrow-light-rtl', width: 320, height: 640, theme: 'light', direction: 'rtl' },
  { name: 'wide-dark-rtl', width: 1280, height: 800, theme: 'dark', direction: 'rtl' },
] as const;
type View = (typeof VIEWS)[number];

let gallery: Gallery;
let browser: Launched;
let states: string[];
let rules: string;

beforeAll(async () => {
  rules = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  if (PICTURES !== undefined) await mkdir(PICTURES, { recursive: true });
  [gallery, browser] = await Promise.all([Gallery.open(), launchChromium()]);
  const page = await browser.page();
  await page.goto(gallery.url(''));
  states = await page.$$eval('a', (links) => links.map((link) => link.textContent));
  await page.close();
});

afterAll(async () => {
  await browser?.close();
  await gallery?.close();
});

test('the gallery has every state', () => {
  expect(states.length).toBeGreaterThan(50);
});

describe.each(VIEWS)('$name', (view) => {
  test('every state stands', { timeout: 900_000 }, async () => {
    const page = await browser.page();
    await page.setViewport({ width: view.width, height: view.height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: view.theme }]);
    const faults: string[] = [];
    for (const state of states.filter((name) => ONLY === undefined || name === ONLY)) {
      faults.push(...(await look(page, state, view)).map((fault) => `${state}: ${fault}`));
    }
    await page.close();
    expect(faults).toEqual([]);
  });
});

test('no page complained, and none asked anybody but its own server', () => {
  expect(browser.complaints).toEqual([]);
  const foreign = browser.requests.filter((url) => !url.startsWith(`${gallery.origin}/`) && !url.startsWith('data:'));
  expect(foreign).toEqual([]);
});

/** Opens one state, and returns what is wrong with it. */
async function look(page: Page, state: string, view: View): Promise<string[]> {
  await page.goto(gallery.url(state, view.direction));
  await page.waitForSelector('lowkey-app');
  await settled(page);
  if (PICTURES !== undefined) {
    await page.screenshot({ path: join(PICTURES, `${state}.${view.name}.png`) });
  }
  const faults = await sideways(page);
  if (await page.evaluate(() => 'xss' in window)) faults.push('a script of other people ran');
  faults.push(...(await small(page)), ...(await axeFaults(page)));
  return faults;
}

/** Waits until Lit has rendered and the browser has painted twice. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    await Promise.all(document.getAnimations().map((animation) => animation.finished));
  });
}

/** Returns what is wider than the window, anywhere in the shadow trees. */
async function sideways(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) faults.push('the page scrolls sideways');
    const visit = (root: ParentNode): void => {
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot !== null) visit(element.shadowRoot);
        const overflow = getComputedStyle(element).overflowX;
        if ((overflow === 'auto' || overflow === 'scroll') && element.scrollWidth > element.clientWidth + 1) {
          faults.push(`${element.localName}.${element.className} scrolls sideways`);
        }
        const box = element.getBoundingClientRect();
        const isSeen = box.width > 1 && box.height > 1 && element.checkVisibility();
        if (isSeen && !(element instanceof SVGElement) && element.closest('.cut, .unseen') === null) {
          if ((box.right > width + 1 || box.left < -1) && !element.matches('bdi, bdi *')) {
            faults.push(`${element.localName}.${element.className} reaches outside`);
          }
        }
      }
    };
    visit(document);
    return faults;
  });
}

/** Returns the controls that are smaller than 24 by 24 pixels and not in a line of text. */
async function small(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    const visit = (root: ParentNode): void => {
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot !== null) visit(element.shadowRoot);
        if (!element.matches('button, input, textarea, select')) continue;
        const { width, height } = element.getBoundingClientRect();
        if (element.checkVisibility() && (width < 24 || height < 24)) {
          faults.push(`${element.localName}.${element.className} is ${String(width)} by ${String(height)}`);
        }
      }
    };
    visit(document);
    return faults;
  });
}

/** Returns what axe finds, of every impact. */
async function axeFaults(page: Page): Promise<string[]> {
  const session = await page.createCDPSession();
  await session.send('Runtime.evaluate', { expression: rules });
  await session.detach();
  return page.evaluate(async () => {
    const engine: typeof axe = Reflect.get(window, 'axe');
    const { violations } = await engine.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, impact, nodes }) =>
      nodes.map((node) => `axe ${id} (${impact ?? ''}): ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
    );
  });
}
