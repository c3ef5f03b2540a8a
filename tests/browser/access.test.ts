/** The page by keyboard alone, with large text, with few colours, and against hostile text. Built as the gallery. */
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { launchChromium, type Launched } from './browsers.ts';
import { Gallery } from './gallery.ts';

let gallery: Gallery;
let browser: Launched;
let page: Page;
/** The actions that the components dispatched, as text. */
let actions: string[];

beforeAll(async () => {
  [gallery, browser] = await Promise.all([Gallery.open(), launchChromium()]);
  page = await browser.page();
  await page.exposeFunction('acted', (action: string) => actions.push(action));
  await page.evaluateOnNewDocument(() => {
    addEventListener('action', (event) => {
      const acted: (action: string) => void = Reflect.get(window, 'acted');
      acted(JSON.stringify(Reflect.get(event, 'detail')));
    });
  });
});

beforeEach(() => {
  actions = [];
});

afterAll(async () => {
  await browser?.close();
  await gallery?.close();
});

async function open(state: string): Promise<void> {
  await page.goto(gallery.url(state));
  await page.waitForSelector('lowkey-app');
  await frame();
}

/** Waits for two frames: Lit has rendered, and the focus has moved. */
async function frame(): Promise<void> {
  await page.evaluate(async () => {
    for (let count = 0; count < 2; count += 1) await new Promise(requestAnimationFrame);
  });
}

async function press(...keys: Parameters<Page['keyboard']['press']>[0][]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
  await frame();
}

/** Returns what a screen reader would call the control with the focus. */
async function focused(): Promise<string> {
  const { nodes } = await page.createCDPSession().then(async (session) => {
    const tree = await session.send('Accessibility.getFullAXTree');
    await session.detach();
    return tree;
  });
  const all = nodes.filter((node) =>
    node.properties?.some((property) => property.name === 'focused' && property.value.value === true),
  );
  return String(all.at(-1)?.name?.value ?? '');
}

describe('by keyboard', () => {
  test('everything on the first screen is reached, in the order in which it stands', async () => {
    await open('first-run');
    const names: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      await press('Tab');
      names.push(await focused());
    }
    expect(names).toEqual([
      strings.sidebar.myAddress,
      strings.sidebar.settings,
      strings.search.label,
      strings.connection.connected(2),
      strings.welcome.share,
      strings.welcome.paste,
      strings.welcome.words,
    ]);
  });

  test('"Paste an address" leads to the field', async () => {
    await open('first-run');
    await page.locator(`::-p-aria([name="${strings.welcome.paste}"][role="button"])`).click();
    await frame();
    expect(await focused()).toBe(strings.search.label);
  });

  test('a dialog takes the focus, keeps it, and gives it back', async () => {
    await open('list');
    await press('Tab', 'Tab', 'Enter');
    expect(await focused()).toBe(strings.settings.title);
    await press('Tab');
    expect(await focused()).toBe(strings.close);
    await press('Escape');
    expect(actions.at(-1)).toBe('{"type":"closeDialog"}');
    expect(await focused()).toBe(strings.sidebar.settings);
  });

  test('a dialog that asks something has its harmless answer ready', async () => {
    await open('remove');
    expect(await focused()).toBe(strings.cancel);
    await open('add-dialog');
    expect(await focused()).toBe(strings.add.action);
  });

  test('a conversation is found with the arrows, opened, written in and left', async () => {
    await open('list');
    await press('Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'ArrowDown', 'End', 'Home', 'Enter');
    expect(await focused()).toContain('Anna Lindqvist');
    expect(await page.$('>>> lk-composer >>> textarea:focus')).not.toBeNull();
    await page.keyboard.type('one');
    await page.keyboard.down('Shift');
    await press('Enter');
    await page.keyboard.up('Shift');
    await page.keyboard.type('two');
    await press('Enter');
    const sent: unknown = JSON.parse(actions.at(-1) ?? '');
    expect(sent).toMatchObject({ type: 'send', text: 'one\ntwo' });
  });

  test('Enter belongs to an input method while it composes', async () => {
    await open('chat');
    const area = await page.waitForSelector('>>> lk-composer >>> textarea');
    await area?.type('にほん');
    await area?.evaluate((element) => {
      element.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }));
      element.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true }));
    });
    expect(actions.filter((action) => action.includes('"send"'))).toEqual([]);
  });

  test('nothing is sent that is too long or empty', async () => {
    for (const state of ['chat-draft-over', 'chat']) {
      await open(state);
      await (await page.waitForSelector('>>> lk-composer >>> textarea'))?.focus();
      await press('Enter');
    }
    expect(actions.filter((action) => action.includes('"send"'))).toEqual([]);
  });

  test('Escape empties the field', async () => {
    await open('search-none');
    await (await page.waitForSelector('>>> lk-search-field >>> input'))?.focus();
    await press('Escape');
    expect(actions).toEqual(['{"type":"search","text":""}']);
  });
});

describe('for every eye', () => {
  test.each(['first-run', 'list', 'chat-states', 'my-address', 'settings', 'requests', 'details', 'network', 'stopped'])(
    'text of twice the size fits: %s',
    async (state) => {
      await page.setViewport({ width: 640, height: 900 });
      await open(state);
      await page.evaluate(() => {
        document.documentElement.style.fontSize = '200%';
      });
      await frame();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      await page.setViewport({ width: 1280, height: 800 });
      expect(wide).toBe(0);
    },
  );

  test('few colours leave every state in words', async () => {
    const session = await page.createCDPSession();
    await session.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
    await open('chat-states');
    const borders = await page.$$eval('>>> lk-message >>> .bubble', (bubbles) =>
      bubbles.map((bubble) => getComputedStyle(bubble).borderTopStyle),
    );
    await session.send('Emulation.setEmulatedMedia', { features: [] });
    await session.detach();
    expect(borders.length).toBeGreaterThan(3);
    expect(new Set(borders)).toEqual(new Set(['solid']));
  });

  test('new messages are announced by one polite region, old ones by none', async () => {
    await open('chat');
    expect(await page.$$eval('>>> [role="log"]', (logs) => logs.map((log) => log.ariaLive))).toEqual(['off']);
    expect(await page.$$eval('>>> [aria-live="polite"]', (regions) => regions.length)).toBe(1);
  });
});

test.each(['ltr', 'rtl'] as const)('the way back from a dialog points back: %s', async (direction) => {
  await page.goto(gallery.url('phrase-show-failed', direction));
  const scale = await (await page.waitForSelector('>>> lk-dialog >>> .head.deep svg'))?.evaluate((arrow) => getComputedStyle(arrow).scale);
  expect(scale).toBe(direction === 'rtl' ? '-1 1' : 'none');
});

describe('against hostile text', () => {
  test('the policy refuses text as HTML, inline scripts and inline styles', async () => {
    await open('chat');
    const refused = await page.evaluate(() => {
      const outcomes: string[] = [];
      try {
        document.body.insertAdjacentHTML('beforeend', '<img src=x>');
        outcomes.push('html');
      } catch {
        // This is what the policy is for.
      }
      const styled = document.createElement('p');
      styled.setAttribute('style', 'color: rgb(1, 2, 3)');
      document.body.append(styled);
      if (getComputedStyle(styled).color === 'rgb(1, 2, 3)') outcomes.push('style');
      return outcomes;
    });
    browser.complaints.length = 0;
    expect(refused).toEqual([]);
  });

  test('a hundred thousand combining marks cost no more than 200 ms', async () => {
    const session = await page.createCDPSession();
    // The processor's time of the main thread since the page was opened: other programs do not count.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const cost = async (state: string): Promise<number> => {
      await open(state);
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
    };
    await cost('chat');
    const usual = await cost('chat');
    const hostile = await cost('chat-combining');
    await session.detach();
    // The meter runs at all.
    expect(usual).toBeGreaterThan(0.01);
    expect(hostile - usual).toBeLessThan(0.2);
  });

  test('no page complained, and none asked anybody but its own server', () => {
    expect(browser.complaints).toEqual([]);
    expect(browser.requests.filter((url) => !url.startsWith(`${gallery.origin}/`))).toEqual([]);
  });
});
