/**
 * How long a page takes to draw what a person asks for: from the moment they ask to the frame that shows it. What is
 * measured runs inside the page, because the hands of the program that plays the person are slow.
 */
import type { Page } from 'puppeteer-core';

/** What the page is given before its own scripts run. */
interface Kit {
  /** Finds an element by a path of selectors, one for each shadow root. */
  at(...path: string[]): Element | undefined;
  /** Waits for the first frame in which something holds; returns its moment. */
  frame(holds: () => boolean): Promise<number>;
  /** How long tasks have held the page up, those of more than 50 ms. */
  readonly tasks: number[];
}

declare global {
  interface Window {
    kit: Kit;
  }
}

function equip(): void {
  const tasks: number[] = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: 'longtask', buffered: true });
  window.kit = {
    tasks,
    at(...path) {
      let root: ParentNode | null | undefined = document;
      let found: Element | null | undefined;
      for (const selector of path) {
        found = root?.querySelector(selector);
        root = found?.shadowRoot;
      }
      return found ?? undefined;
    },
    frame: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (holds()) resolve(performance.now());
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
  };
}

/** Gives a page what the functions below need; must be called before it is opened. */
export async function prepare(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(equip);
}

/** Takes a backup in; returns the milliseconds from the file to the sentence that says what was in it. */
export async function takeIn(page: Page, file: string): Promise<number> {
  await page.evaluate(() => {
    const detail = { type: 'openDialog', dialog: { type: 'backup', step: { type: 'rest' } } };
    document.querySelector('lowkey-app')?.dispatchEvent(new CustomEvent('action', { detail }));
  });
  const input = await page.waitForSelector('>>> lk-backup-dialog >>> input');
  const began = performance.now();
  await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(file);
  await page.waitForSelector('>>> lk-backup-dialog >>> .done', { timeout: 1_200_000 });
  return performance.now() - began;
}

/** Waits until so many conversations are listed with their last messages; returns milliseconds since it was opened. */
export function listDrawn(page: Page, people: number): Promise<number> {
  return page.evaluate(
    (people) =>
      window.kit.frame(() => {
        const list = window.kit.at('lowkey-app', 'lk-sidebar', 'lk-contact-list')?.shadowRoot;
        // Only a row that knows its last message shows a time.
        return (list?.querySelectorAll('button .time').length ?? 0) >= people;
      }),
    people,
  );
}

/** Waits for the first screen of somebody who knows nobody. */
export function welcomeDrawn(page: Page): Promise<number> {
  return page.evaluate(() =>
    window.kit.frame(() => window.kit.at('lowkey-app', 'lk-sidebar', 'lk-welcome')?.shadowRoot?.querySelector('button') != null),
  );
}

/** Clicks a conversation of the list; returns the milliseconds until its newest messages stand there. */
export function openTalk(page: Page, name: string): Promise<number> {
  return page.evaluate(async (name) => {
    const { at, frame } = window.kit;
    const list = at('lowkey-app', 'lk-sidebar', 'lk-contact-list')?.shadowRoot;
    const row = [...(list?.querySelectorAll('button') ?? [])].find(
      (button) => button.querySelector('.name bdi')?.textContent?.trim() === name,
    );
    if (row === undefined) throw new Error(`nobody is called ${name}`);
    const began = performance.now();
    row.click();
    const drawn = await frame(() => {
      const log = at('lowkey-app', 'lk-chat', 'lk-chat-log');
      if (log === undefined || Reflect.get(log, 'name') !== name) return false;
      const messages = log.shadowRoot?.querySelectorAll('lk-message') ?? [];
      // Before its page is read, the conversation knows its last message alone.
      return messages.length > 1 && [...messages].at(-1)?.shadowRoot?.querySelector('.bubble') != null;
    });
    return drawn - began;
  }, name);
}

/**
 * Scrolls up through the open conversation until so many pages of its history have come; returns for each of them the
 * milliseconds from the scroll that asked for it to the frame in which the list above has grown.
 */
export function scrollBack(page: Page, pages: number): Promise<number[]> {
  return page.evaluate(async (pages) => {
    const { at, frame } = window.kit;
    const log = at('lowkey-app', 'lk-chat', 'lk-chat-log');
    const box = log?.shadowRoot?.querySelector('.log');
    if (log === undefined || box == null) throw new Error('no conversation is open');
    const talk = (): { messages: unknown[]; history: string } => Reflect.get(log, 'conversation');
    const loaded = (): number => talk().messages.length;
    const times: number[] = [];
    while (times.length < pages && talk().history !== 'complete') {
      let asked = 0;
      const note = (): void => {
        asked = performance.now();
      };
      log.addEventListener('action', note, { once: true });
      const before = loaded();
      box.scrollBy(0, -600);
      // A turn of the wheel is a frame or two; most of them only draw what is loaded.
      const drawn = await frame(() => asked === 0 || loaded() > before);
      log.removeEventListener('action', note);
      if (asked !== 0) times.push(drawn - asked);
    }
    return times;
  }, pages);
}

/** Types words into the field; returns the milliseconds until the answer stands there. */
export function search(page: Page, words: string): Promise<number> {
  return page.evaluate(async (words) => {
    const { at, frame } = window.kit;
    const input = at('lowkey-app', 'lk-sidebar', 'lk-search-field', 'input');
    const app = at('lowkey-app');
    if (input === undefined || app === undefined) throw new Error('there is no field');
    const began = performance.now();
    Reflect.set(input, 'value', words);
    input.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    const drawn = await frame(() => {
      const { search } = Reflect.get(Reflect.get(app, 'store'), 'state') as {
        search: { found?: { text: string; messages: unknown[] } };
      };
      if (words === '') return true;
      if (search.found?.text !== words) return false;
      const found = at('lowkey-app', 'lk-sidebar', 'lk-found-messages')?.shadowRoot;
      return (found?.querySelectorAll('button').length ?? 0) === search.found.messages.length;
    });
    return drawn - began;
  }, words);
}

/** Waits until the answer on the screen is of the whole history. */
export async function isSearchable(page: Page): Promise<void> {
  await page.waitForFunction(
    () => {
      const app = window.kit.at('lowkey-app');
      const store = app === undefined ? undefined : (Reflect.get(app, 'store') as { state: unknown });
      const { search } = store?.state as { search: { found?: { complete: boolean } } };
      return search.found?.complete === true;
    },
    { timeout: 300_000, polling: 'raf' },
  );
}

/** Returns the longest task that has held the page up since the last call, or 0. */
export function longestTask(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, ...window.kit.tasks.splice(0)));
}
