/** A person at a page: does what people do, sees what people see. */
import type { ElementHandle, Page } from 'puppeteer-core';

import { first } from '../../www/src/components/drawn.ts';
import { strings } from '../../www/src/strings.ts';
import { type BrowserKind, launch, type Launched } from './browsers.ts';
import type { Relay } from './relay.ts';
import { watch } from './watched.ts';

/** A message as it stands on the screen. */
export interface Shown {
  readonly author: string;
  readonly text: string;
  readonly state: string;
}

/** How long a person would wait at the very most; a state that comes sooner is seen sooner. */
const PATIENCE = { timeout: 90_000, polling: 100 } as const;

export class Person {
  readonly browser: Launched;
  readonly page: Page;

  private constructor(browser: Launched, page: Page) {
    this.browser = browser;
    this.page = page;
  }

  /** Opens a page of a relay in a browser of its own, and waits until the key is made. */
  static async at(relay: Pick<Relay, 'origin'>, kind: BrowserKind = 'chromium', path = '/'): Promise<Person> {
    const browser = await launch(kind);
    const page = await browser.page();
    await watch(page);
    const person = new Person(browser, page);
    await page.goto(`${relay.origin}${path}`);
    await page.waitForSelector('>>> lk-sidebar', PATIENCE);
    return person;
  }

  /** Takes a page that is open already. */
  static on(browser: Launched, page: Page): Person {
    return new Person(browser, page);
  }

  async leave(): Promise<void> {
    await this.browser.close();
  }

  /** Presses a button by its name: the one that lies on top, as a dialog does. */
  async press(name: string): Promise<void> {
    const found = await this.page.waitForFunction(
      (name) => {
        const top = (x: number, y: number): Element | null => {
          let element = document.elementFromPoint(x, y);
          for (let inner = element; inner !== null && inner !== undefined; ) {
            element = inner;
            inner = inner.shadowRoot?.elementFromPoint(x, y) ?? null;
            if (inner === element) break;
          }
          return element;
        };
        const find = (root: ParentNode): Element | undefined => {
          for (const element of root.querySelectorAll('*')) {
            if (element.matches('button:enabled') && (element.ariaLabel ?? element.textContent?.trim()) === name) {
              element.scrollIntoView({ block: 'nearest' });
              const box = element.getBoundingClientRect();
              if (element.contains(top(box.x + box.width / 2, box.y + box.height / 2))) return element;
            }
            const inside = element.shadowRoot === null ? undefined : find(element.shadowRoot);
            if (inside !== undefined) return inside;
          }
          return undefined;
        };
        return find(document);
      },
      PATIENCE,
      name,
    );
    await (found.asElement() as ElementHandle<Element> | null)?.click();
  }

  /** Waits until the page says so somewhere. */
  async sees(text: string): Promise<void> {
    await this.page.waitForFunction(
      (text) => {
        const says = (root: ParentNode): boolean =>
          [...root.querySelectorAll('*')].some(
            (element) =>
              (element.checkVisibility() &&
                [...element.childNodes].some((node) => node instanceof Text && node.data.includes(text))) ||
              (element.shadowRoot !== null && says(element.shadowRoot)),
          );
        return says(document);
      },
      PATIENCE,
      text,
    );
  }

  /** Opens the network panel, waits until it says so, and closes it. */
  async seesNetwork(text: string): Promise<void> {
    await this.page.locator('>>> lk-connection-bar >>> button').click();
    await this.sees(text);
    await this.press(strings.close);
  }

  /** Waits until the open conversation says so of its path. */
  async isReached(words: string): Promise<void> {
    await this.page.waitForFunction(
      (words) => {
        const find = (root: ParentNode): boolean =>
          [...root.querySelectorAll('*')].some(
            ({ localName, shadowRoot }) =>
              shadowRoot !== null &&
              ((localName === 'lk-chat' &&
                shadowRoot.querySelector('.reach')?.textContent?.trim().startsWith(words) === true) ||
                find(shadowRoot)),
          );
        return find(document);
      },
      PATIENCE,
      words,
    );
  }

  /** Keeps the own network address from the contact of the open conversation. */
  async hidesFromContact(): Promise<void> {
    await this.page.locator('>>> lk-chat >>> header .icon-button:last-child').click();
    await this.page.locator('>>> lk-details-dialog >>> input[name="hide-address"]').setTimeout(PATIENCE.timeout).click();
    await this.press(strings.close);
  }

  /** Keeps the own network address from everybody. */
  async hidesFromAll(): Promise<void> {
    await this.press(strings.sidebar.settings);
    await this.page.locator('>>> lk-settings-dialog >>> input[name="hide-address"]').setTimeout(PATIENCE.timeout).click();
    await this.press(strings.close);
  }

  /** Reads the own address from its sheet. */
  async address(): Promise<string> {
    await this.press(strings.sidebar.myAddress);
    const handle = await this.page.waitForSelector('>>> lk-my-address >>> lk-address', PATIENCE);
    const address = await handle?.evaluate((element) => Reflect.get(element, 'address') as string);
    await this.press(strings.close);
    if (address === undefined || address === '') throw new Error('the sheet shows no address');
    return address;
  }

  /** Waits until the network gives this page's records back. */
  async isFindable(): Promise<void> {
    await this.page.waitForSelector('>>> lk-connection-bar[findable="yes"]', PATIENCE);
  }

  /** Puts a text into the one field, as pasting does. */
  async types(text: string): Promise<void> {
    const field = await this.page.waitForSelector('>>> lk-search-field >>> input', PATIENCE);
    await field?.evaluate((element, text) => {
      if (!(element instanceof HTMLInputElement)) throw new Error('the field is no input');
      element.value = text;
      element.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    }, text);
  }

  /** Reads the twelve words from their sheet. */
  async words(): Promise<string> {
    await this.press(strings.sidebar.settings);
    await this.press(strings.settings.showPhrase);
    await this.press(strings.phrase.reveal);
    const list = await this.page.waitForSelector('>>> lk-phrase-show-dialog >>> ol', PATIENCE);
    const words = await list?.evaluate((element) =>
      [...element.querySelectorAll('li')].map((word) => word.textContent?.trim() ?? '').join(' '),
    );
    await this.page.keyboard.press('Escape');
    await this.page.keyboard.press('Escape');
    return words ?? '';
  }

  /** Gives the twelve words of another identity, from the first screen. */
  async restores(words: string): Promise<void> {
    if ((await this.page.$('>>> lk-phrase-restore-dialog')) === null) await this.press(strings.welcome.words);
    const area = await this.page.waitForSelector('>>> lk-phrase-restore-dialog >>> textarea', PATIENCE);
    await area?.evaluate((element, words) => {
      if (!(element instanceof HTMLTextAreaElement)) throw new Error('the field is no text area');
      element.value = words;
      element.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    }, words);
    await this.page.locator('>>> lk-phrase-restore-dialog >>> button.primary').click();
  }

  /** Pastes an address and adds whoever it is. */
  async add(address: string, name = ''): Promise<void> {
    await this.types(address);
    await this.page.locator('>>> lk-search-field >>> .found').click();
    if (name !== '') await this.page.locator('>>> lk-add-dialog >>> input').fill(name);
    await this.page.locator('>>> lk-add-dialog >>> button.primary').click();
    await this.page.waitForSelector('>>> lk-composer', PATIENCE);
  }

  /** Opens the request folder and accepts the one that waits there. */
  async accept(): Promise<void> {
    await this.page.locator('>>> lk-sidebar >>> .requests').setTimeout(PATIENCE.timeout).click();
    await this.page.locator('>>> lk-requests >>> .accept').setTimeout(PATIENCE.timeout).click();
    await this.page.waitForSelector('>>> lk-composer', PATIENCE);
  }

  /** Writes into the open conversation and presses Enter. */
  async writes(text: string): Promise<void> {
    const area = await this.page.waitForSelector('>>> lk-composer >>> textarea:not(:disabled)', PATIENCE);
    await area?.focus();
    await area?.type(text);
    await this.page.keyboard.press('Enter');
  }

  /** Sends a text, and returns the milliseconds from Enter to the frame that shows it as Delivered. */
  async trip(text: string): Promise<number> {
    const area = await this.page.waitForSelector('>>> lk-composer >>> textarea:not(:disabled)', PATIENCE);
    await area?.evaluate((element, text) => {
      if (!(element instanceof HTMLTextAreaElement)) throw new Error('the composer has no text area');
      element.value = text;
      element.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    }, text);
    return this.page.evaluate(
      (text) =>
        new Promise<number>((resolve) => {
          const all = (root: ParentNode): Element[] =>
            [...root.querySelectorAll('*')].flatMap((element) =>
              element.shadowRoot === null ? [element] : [element, ...all(element.shadowRoot)],
            );
          const area = all(document).find((element) => element.matches('lk-composer'))?.shadowRoot?.querySelector('textarea');
          const log = all(document).find((element) => element.matches('lk-chat-log'))?.shadowRoot;
          const began = performance.now();
          area?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, composed: true }));
          const look = (): void => {
            const done = [...(log?.querySelectorAll('lk-message[state="delivered"]') ?? [])].some(
              (message) => message.shadowRoot?.querySelector('.bubble')?.textContent?.trim() === text,
            );
            if (done) resolve(performance.now() - began);
            else requestAnimationFrame(look);
          };
          look();
        }),
      text,
    );
  }

  /** Returns what is drawn of the open conversation: the newest of it, if it is long. */
  async shown(): Promise<Shown[]> {
    const messages = await this.page.$$('>>> lk-message');
    return Promise.all(
      messages.map((message) =>
        message.evaluate((element) => ({
          author: element.getAttribute('author') ?? '',
          text: element.shadowRoot?.querySelector('.bubble')?.textContent?.trim() ?? '',
          state: element.getAttribute('state') ?? '',
        })),
      ),
    );
  }

  /**
   * Waits until these texts of the other side stand there, in this order, each once; of a long talk the newest,
   * since no more of it is drawn.
   */
  async reads(...texts: readonly string[]): Promise<void> {
    await this.#until(`they wrote ${JSON.stringify(texts)}`, (all) => {
      const theirs = all.filter(({ author }) => author === 'them').map(({ text }) => text);
      const isWhole = theirs.length === texts.length || (all.length >= first && theirs.length > 0);
      return isWhole && JSON.stringify(theirs) === JSON.stringify(texts.slice(-theirs.length));
    });
  }

  /** Waits until all of mine are in this state. */
  async mineAre(state: string): Promise<void> {
    await this.#until(`all of mine are ${state}`, (all) => {
      const mine = all.filter(({ author }) => author === 'me');
      return mine.length > 0 && mine.every((message) => message.state === state);
    });
  }

  /** Waits until the newest of mine are in this state. */
  async lastAre(count: number, state: string): Promise<void> {
    await this.#until(`the last ${String(count)} of mine are ${state}`, (all) => {
      const mine = all.filter(({ author }) => author === 'me').slice(-count);
      return mine.length === count && mine.every((message) => message.state === state);
    });
  }

  async #until(wish: string, holds: (shown: readonly Shown[]) => boolean): Promise<void> {
    const end = Date.now() + PATIENCE.timeout;
    for (;;) {
      const all = await this.shown();
      if (holds(all)) return;
      if (Date.now() > end) throw new Error(`never came true: ${wish}\nshown: ${JSON.stringify(all, null, 1)}`);
      // The next frame of the page, not a time: what is shown changes with frames.
      await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
  }
}
