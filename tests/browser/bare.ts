/** A page with the wasm of the product and nothing else: it opens the peer, keeps what it is told, and can be asked. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from 'puppeteer-core';

import type { OpenOptions, Peer, PeerEvent, Profile as Look, StorageView } from '../../www/src/api.ts';
import { type BrowserKind, launch, type Launched } from './browsers.ts';
import { Relay } from './relay.ts';

const ROOT = process.env['LOWKEY_ROOT'] ?? join(import.meta.dirname, '../..');

/** What the page keeps in its window. */
export interface Kept {
  peer: Peer;
  /** All that the wasm exports. */
  readonly made: object;
  readonly look: () => Promise<Look>;
  readonly open: (options: OpenOptions) => Promise<Peer>;
  readonly storage: StorageView | undefined;
  /** What every message that it was told of says, by id. */
  readonly messages: Map<string, { contact: string; author: string; text: string; order: string; state: string }>;
  readonly contacts: Map<string, { standing: string; reach: { type: string }; ended?: string }>;
  readonly events: PeerEvent[];
  own: { address: string; findable: string } | undefined;
  stopped: string | undefined;
  /** When leaders said how storage is, as they do when they begin: the times by the clock of the machine. */
  readonly led: number[];
}

const INDEX = '<!doctype html><meta charset="utf-8"><title>bare</title><script type="module" src="bare.js"></script>\n';
const SCRIPT = `import init, * as made from './lowkey_web_peer.js';
const kept = { messages: new Map(), contacts: new Map(), events: [], own: undefined, stopped: undefined, led: [], storage: undefined };
function hear(event) {
  kept.events.push(event);
  if (event.type === 'own') kept.own = event.own;
  if (event.type === 'contact') kept.contacts.set(event.contact.address, event.contact);
  if (event.type === 'message') kept.messages.set(event.message.id, event.message);
  if (event.type === 'storage') {
    kept.led.push(Date.now());
    kept.storage = event.storage;
  }
  if (event.type === 'stopped') kept.stopped = event.why;
  if (event.type === 'delivery') {
    const message = kept.messages.get(event.message);
    if (message !== undefined) message.state = event.state;
  }
}
const policy = window.trustedTypes?.createPolicy('lowkey-worker', { createScriptURL: (url) => url });
const slow = (task) =>
  new Promise((resolve, reject) => {
    const url = new URL('worker.js', location.href).href;
    const worker = new Worker(policy?.createScriptURL(url) ?? url, { type: 'module' });
    worker.addEventListener('message', ({ data }) => {
      worker.terminate();
      if ('bytes' in data) resolve(data.bytes);
      else reject(Object.assign(new Error(data.message), { code: data.code }));
    });
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    worker.postMessage(task);
  });
await init({ module_or_path: 'lowkey_web_peer_bg.wasm' });
kept.made = made;
kept.look = made.look;
kept.open = (options) => made.Peer.open(options, hear, slow);
window.kept = kept;
// Only a build for tests has moments that can be watched.
made.watchFailPoints?.();
if (!location.hash.includes('closed')) kept.peer = await kept.open({});
window.isOpen = true;
`;

const WORKER = `import init, { openAge, sealAge, stretch } from './lowkey_worker.js';
addEventListener('message', async ({ data: task }) => {
  try {
    await init({ module_or_path: 'lowkey_worker_bg.wasm' });
    if (task.type === 'stretch') {
      postMessage({ bytes: stretch(task.passphrase, task.salt, task.memoryKib, task.passes, task.lanes) });
    } else {
      postMessage({ bytes: task.type === 'sealAge' ? sealAge(task.archive, task.secret) : openAge(task.file, task.secret) });
    }
  } catch (error) {
    postMessage({ code: error.code ?? 'internal', message: String(error) });
  }
});
`;

/** Which wasm a bare page has: that of the product, or one that says what it does. */
export type Build = 'for people' | 'for tests';

/** Writes the bare page's files into a folder, and returns it. */
export async function writeBarePage(folder: string, build: Build = 'for people'): Promise<string> {
  await mkdir(folder, { recursive: true });
  const peer = build === 'for people' ? join(ROOT, 'www/src/wasm') : process.env['LOWKEY_TEST_PAGE'];
  if (peer === undefined) throw new Error('LOWKEY_TEST_PAGE must name the page; cargo xtask test sets it');
  for (const name of [join(peer, 'lowkey_web_peer'), join(ROOT, 'www/src/wasm/worker/lowkey_worker')]) {
    for (const file of [`${name}.js`, `${name}_bg.wasm`]) await copyFile(file, join(folder, basename(file)));
  }
  await writeFile(join(folder, 'index.html'), INDEX);
  await writeFile(join(folder, 'bare.js'), SCRIPT);
  await writeFile(join(folder, 'worker.js'), WORKER);
  return folder;
}

/** A relay that serves the bare page. */
export class BareRelay {
  readonly relay: Relay;
  readonly #folder: string;

  private constructor(relay: Relay, folder: string) {
    this.relay = relay;
    this.#folder = folder;
  }

  static async start(build: Build = 'for people'): Promise<BareRelay> {
    const folder = await writeBarePage(await mkdtemp(join(tmpdir(), 'lowkey-bare-')), build);
    return new BareRelay(await Relay.serving(folder), folder);
  }

  async end(): Promise<void> {
    await this.relay.end();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A profile of a browser with any number of tabs. */
export class Profile {
  readonly browser: Launched;
  readonly #origin: string;

  private constructor(browser: Launched, origin: string) {
    this.browser = browser;
    this.#origin = origin;
  }

  /** Starts a browser; with `folder` one that has been before. */
  static async at({ relay }: BareRelay, kind: BrowserKind, folder?: string): Promise<Profile> {
    return new Profile(await launch(kind, 'kept', folder), relay.origin);
  }

  /** Returns somebody else in the same browser: its page has another name, and so a storage of its own. */
  named(name: string): Profile {
    return new Profile(this.browser, this.#origin.replace('127.0.0.1', `${name}.localhost`));
  }

  /** Opens a tab, prepared before anything runs in it; with `hash` a page that waits to be told how to open its peer. */
  async tab(hash = '', prepare = async (_page: Page): Promise<void> => undefined): Promise<Tab> {
    const page = await this.browser.page();
    await prepare(page);
    await page.goto(`${this.#origin}/${hash}`);
    const tab = new Tab(page);
    await tab.isOpen();
    return tab;
  }

  async end(): Promise<void> {
    await this.browser.close();
  }
}

const PATIENCE = { timeout: 120_000, polling: 20 } as const;

/** One tab with the bare page. */
export class Tab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async isOpen(): Promise<void> {
    await this.until(() => Reflect.get(window, 'isOpen') === true);
  }

  /** Waits until something holds in the page. */
  async until<T extends unknown[]>(holds: (...values: T) => boolean | Promise<boolean>, ...values: T): Promise<void> {
    await this.page.waitForFunction(holds as (...values: unknown[]) => unknown, PATIENCE, ...values);
  }

  look(): Promise<Look> {
    return this.page.evaluate(() => (Reflect.get(window, 'kept') as Kept).look());
  }

  /** Opens the peer with these options; returns the code of the error if it is refused. */
  opens(options: OpenOptions): Promise<string> {
    return this.page.evaluate(async (options) => {
      const kept = Reflect.get(window, 'kept') as Kept;
      kept.stopped = undefined;
      try {
        kept.peer = await kept.open(options);
        return 'open';
      } catch (error) {
        return String(Reflect.get(Object(error), 'code'));
      }
    }, options);
  }

  /** Calls a method of the peer that answers nothing; returns the code of the error if it is refused. */
  async does(method: 'setLock' | 'lock', ...values: string[]): Promise<string> {
    return this.page.evaluate(
      async (method, values) => {
        const { peer } = Reflect.get(window, 'kept') as Kept;
        try {
          await (method === 'lock' ? peer.lock() : peer.setLock(values[0], values[1]));
          return 'done';
        } catch (error) {
          return String(Reflect.get(Object(error), 'code'));
        }
      },
      method,
      values,
    );
  }

  async isStopped(why: string): Promise<void> {
    await this.until((why) => (Reflect.get(window, 'kept') as Kept).stopped === why, why);
  }

  async hasLock(locks: boolean): Promise<void> {
    await this.until((locks) => (Reflect.get(window, 'kept') as Kept).storage?.locks === locks, locks);
  }

  async address(): Promise<string> {
    await this.until(() => (Reflect.get(window, 'kept') as Kept).own !== undefined);
    return this.page.evaluate(() => (Reflect.get(window, 'kept') as Kept).own?.address ?? '');
  }

  async isFindable(): Promise<void> {
    await this.until(() => (Reflect.get(window, 'kept') as Kept).own?.findable === 'yes');
  }

  add(address: string): Promise<string> {
    return this.page.evaluate((address) => (Reflect.get(window, 'kept') as Kept).peer.add(address), address);
  }

  /** Waits for a request of this key, and accepts it. */
  async accept(address: string): Promise<void> {
    await this.until((address) => (Reflect.get(window, 'kept') as Kept).contacts.has(address), address);
    await this.page.evaluate((address) => (Reflect.get(window, 'kept') as Kept).peer.acceptRequest(address), address);
  }

  /** Sends texts without waiting between them; resolves when all are stored. */
  send(contact: string, texts: readonly string[]): Promise<string[]> {
    return this.page.evaluate(
      (contact, texts) => {
        const { peer } = Reflect.get(window, 'kept') as Kept;
        return Promise.all(texts.map((text) => peer.send(contact, text)));
      },
      contact,
      texts,
    );
  }

  /** Returns the texts of a conversation as its history has them, in order. */
  history(contact: string): Promise<{ id: string; author: string; text: string; order: string }[]> {
    return this.page.evaluate(async (contact) => {
      const { peer } = Reflect.get(window, 'kept') as Kept;
      const all: { id: string; author: string; text: string; order: string }[] = [];
      for (;;) {
        const page = await peer.history(contact, all[0]?.order, 200);
        all.unshift(...page.map(({ id, author, text, order }) => ({ id, author, text, order })));
        if (page.length < 200) return all;
      }
    }, contact);
  }

  /** Returns what the screen of this tab would show by events alone. */
  shown(contact: string): Promise<string[]> {
    return this.page.evaluate((contact) => {
      const { messages } = Reflect.get(window, 'kept') as Kept;
      const shown = [...messages.values()].filter((message) => message.contact === contact);
      return shown.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ text }) => text);
    }, contact);
  }

  /** Whether this tab runs the peer: a lock of its own tells the page its name, which the lock's holder has too. */
  leads(): Promise<boolean> {
    return this.page.evaluate(async () => {
      const own = crypto.randomUUID();
      return navigator.locks.request(own, async () => {
        const { held = [] } = await navigator.locks.query();
        const client = (name: string): string | undefined => held.find((lock) => lock.name === name)?.clientId;
        return client('lowkey') !== undefined && client('lowkey') === client(own);
      });
    });
  }

  /** Waits until a leader has begun after this moment, and returns how many milliseconds after. */
  async leadsAfter(moment: number): Promise<number> {
    await this.until((moment) => (Reflect.get(window, 'kept') as Kept).led.some((time) => time >= moment), moment);
    return this.page.evaluate(
      (moment) => ((Reflect.get(window, 'kept') as Kept).led.find((time) => time >= moment) ?? moment) - moment,
      moment,
    );
  }
}
