/**
 * Every state of the page, narrow and wide, light and dark: axe finds nothing, nothing scrolls sideways, no script of
 * other people runs, nothing is asked of a foreign origin. LOWKEY_SCREENSHOTS names a folder for the pictures.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type axe from 'axe-core';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

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

let gallery: Gallery;
let browsers: Launched[];
let states: string[];
let rules: string;

beforeAll(async () => {
  rules = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  if (PICTURES !== undefined) await mkdir(PICTURES, { recursive: true });
  // Two browsers keep two cores busy. Two tabs would not: a browser paints only the one in front.
  gallery = await Gallery.open();
  browsers = await Promise.all([launchChromium(), launchChromium()]);
  states = await stateNames();
});

afterAll(async () => {
  await Promise.all((browsers ?? []).map((browser) => browser.close()));
  await gallery?.close();
});

test('the gallery has every state', () => {
  expect(states.length).toBeGreaterThan(50);
});

test('every state stands in every view', { timeout: 1_500_000 }, async () => {
  const waiting = states.filter((name) => ONLY === undefined || name === ONLY);
  const faults: string[] = [];
  // Each browser takes the next state that nobody has taken.
  const work = async (browser: Launched): Promise<void> => {
    const page = await browser.page();
    for (let state = waiting.shift(); state !== undefined; state = waiting.shift()) {
      faults.push(...(await look(page, state)));
    }
    await page.close();
  };
  await Promise.all(browsers.map(work));
  expect(faults).toEqual([]);
});

test('no page complained, and none asked anybody but its own server', () => {
  expect(browsers.flatMap((browser) => browser.complaints)).toEqual([]);
  const asked = browsers.flatMap((browser) => browser.requests);
  const foreign = asked.filter((url) => !url.startsWith(`${gallery.origin}/`) && !url.startsWith('data:'));
  expect(foreign).toEqual([]);
});

/** Reads the list that the gallery shows when no state is named. */
async function stateNames(): Promise<string[]> {
  const [browser] = browsers;
  const page = await browser?.page();
  await page?.goto(gallery.url(''));
  const names = await page?.$$eval('a', (links) => links.map((link) => link.textContent));
  await page?.close();
  return names ?? [];
}

/** Opens one state in each view, and returns what is wrong with it. */
async function look(page: Page, state: string): Promise<string[]> {
  const faults: string[] = [];
  for (const direction of ['ltr', 'rtl'] as const) {
    await page.goto(gallery.url(state, direction));
    await page.waitForSelector('lowkey-app');
    if (direction === 'ltr') await addAxe(page);
    for (const view of VIEWS.filter((one) => one.direction === direction)) {
      await page.setViewport({ width: view.width, height: view.height });
      await page.emulateMediaFeatures([
        { name: 'prefers-color-scheme', value: view.theme },
        // Colours in mid-transition are nobody's colours.
        { name: 'prefers-reduced-motion', value: 'reduce' },
      ]);
      await settled(page);
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${state}.${view.name}.png`) });
      const found = [...(await sideways(page)), ...(await small(page))];
      // What axe knows to find is the same in both directions.
      if (direction === 'ltr') found.push(...(await axeFaults(page)));
      faults.push(...found.map((fault) => `${state} ${view.name}: ${fault}`));
    }
    if (await page.evaluate(() => 'xss' in window)) faults.push(`${state}: a script of other people ran`);
  }
  return faults;
}

/** Waits until Lit has rendered and the browser has painted twice. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
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

/** Puts axe into the page, beside the page's policy and not through it. */
async function addAxe(page: Page): Promise<void> {
  const session = await page.createCDPSession();
  await session.send('Runtime.evaluate', { expression: rules });
  await session.detach();
}

/** Returns what axe finds, of every impact. */
async function axeFaults(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const engine: typeof axe = Reflect.get(window, 'axe');
    const { violations } = await engine.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, impact, nodes }) =>
      nodes.map((node) => `axe ${id} (${impact ?? ''}): ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
    );
  });
}
