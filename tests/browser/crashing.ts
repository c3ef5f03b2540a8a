/** Pages that are killed at named moments, and what they encrypted until then. Only for the build for tests. */
import type { CDPSession, Page } from 'puppeteer-core';

import type { Kept, Profile, Tab } from './bare.ts';

/** What the build with `test-support` exports; `web-peer/src/testing.rs` says what each call means. */
interface Made {
  failPointNames(): string[];
  keyLog(): string[];
}

/** Every key with its nonce, as a hash, under which pages have encrypted something. */
export class KeyLog {
  readonly #seen = new Set<string>();
  /** What was used twice. */
  readonly repeated: string[] = [];

  get size(): number {
    return this.#seen.size;
  }

  /** Has a page tell what it encrypts, before anything of it goes out; `moment` is where it shall stop. */
  async watch(page: Page, moment?: string): Promise<void> {
    page.on('console', (line) => {
      const [word, ...hashes] = line.text().split(' ');
      if (word !== 'sealed') return;
      for (const hash of hashes) {
        if (this.#seen.has(hash)) this.repeated.push(hash);
        this.#seen.add(hash);
      }
    });
    await page.evaluateOnNewDocument((moment) => {
      Reflect.set(window, 'moment', moment);
      Reflect.set(window, 'lowkeyFailPoint', (name: string) => {
        const hashes = ((Reflect.get(window, 'kept') as Kept).made as Made).keyLog();
        if (hashes.length > 0) console.debug(['sealed', ...hashes].join(' '));
        if (name !== Reflect.get(window, 'moment')) return;
        console.debug(`at ${name}`);
        // Nothing of the page goes on, until it is killed.
        for (;;);
      });
    }, moment);
  }
}

/** Returns the names of the moments that every talk comes to. */
export function moments(tab: Tab): Promise<string[]> {
  return tab.page.evaluate(() => ((Reflect.get(window, 'kept') as Kept).made as Made).failPointNames());
}

/** Kills what runs a page, as if it had crashed; the session must be one that knows the page already if it hangs. */
export async function kill(page: Page, session: CDPSession): Promise<void> {
  const gone = new Promise((resolve) => page.once('error', resolve));
  // It never answers.
  void session.send('Page.crash').catch(() => undefined);
  await gone;
}

/** A profile with one tab, which dies at moments and is opened again. */
export class Mortal {
  readonly #profile: Profile;
  readonly #keys: KeyLog;
  #tab: Tab | undefined;
  #session: CDPSession | undefined;
  /** Resolves when the page has stopped at its moment. */
  #stopped: Promise<'stopped'> = Promise.resolve('stopped');

  constructor(profile: Profile, keys: KeyLog) {
    this.#profile = profile;
    this.#keys = keys;
  }

  get tab(): Tab {
    if (this.#tab === undefined) throw new Error('no tab is open');
    return this.#tab;
  }

  /** Opens the tab, with nothing to die of. */
  async live(): Promise<void> {
    await this.#open();
  }

  /** Does something at whose `moment` the page shall be killed; returns whether it was, and lives again then. */
  async dies(moment: string, act: (tab: Tab) => Promise<void>): Promise<boolean> {
    await this.tab.page.evaluate((moment) => Reflect.set(window, 'moment', moment), moment);
    return this.#survives(act(this.tab));
  }

  /** Closes the tab, if there is one, and opens another one that shall be killed at a `moment` of its beginning. */
  async diesEarly(moment: string, act: (tab: Tab) => Promise<void>): Promise<boolean> {
    await this.#tab?.page.close();
    return this.#survives(this.#open(moment).then(() => act(this.tab)));
  }

  async #survives(acting: Promise<void>): Promise<boolean> {
    // What a page takes into its grave has no answer.
    const done = acting.then(
      () => 'done' as const,
      (error: unknown) => error,
    );
    // Where a page is opened, it is watched a little later than this begins.
    let end = await Promise.race([done, this.#opening.then(() => this.#stopped)]);
    // Until the page hears that it may live on, its moment may still come: then it hangs, and does not hear it.
    if (end === 'done') end = await Promise.race([this.#spare(), this.#stopped]);
    if (end === 'spared') return false;
    if (end !== 'stopped') throw end;
    await this.#bury();
    await this.#open();
    // It may have waited for what only a living page does.
    await done;
    return true;
  }

  /** Has the page die of nothing any more. */
  #spare(): Promise<unknown> {
    return this.tab.page.evaluate(() => Reflect.set(window, 'moment', undefined)).then(
      () => 'spared' as const,
      (error: unknown) => error,
    );
  }

  /** Resolves when a new page is watched. */
  #opening: Promise<void> = Promise.resolve();

  async #open(moment?: string): Promise<void> {
    let watched = (): void => undefined;
    this.#opening = new Promise((resolve) => (watched = resolve));
    this.#tab = undefined;
    this.#tab = await this.#profile.tab('', async (page) => {
      this.#page = page;
      this.#stopped = new Promise((resolve) => {
        page.on('console', (line) => {
          if (line.text().startsWith('at ')) resolve('stopped');
        });
      });
      this.#session = await page.createCDPSession();
      // A page that hangs does not answer any more.
      await this.#session.send('Page.enable');
      await this.#keys.watch(page, moment);
      watched();
    });
  }

  #page: Page | undefined;

  async #bury(): Promise<void> {
    if (this.#page === undefined || this.#session === undefined) throw new Error('nobody to kill');
    await kill(this.#page, this.#session);
    await this.#page.close();
  }
}
