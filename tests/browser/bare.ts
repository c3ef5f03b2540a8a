/** A page with the wasm of the product and nothing else: it opens the peer, keeps what it is told, and can be asked. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';

import type { Peer, PeerEvent } from '../../www/src/api.ts';
import { type BrowserKind, launch, type Launched } from './browsers.ts';
import { Relay } from './relay.ts';

const ROOT = process.env['LOWKEY_ROOT'] ?? join(import.meta.dirname, '../..');

/** What the page keeps in its window. */
export interface Kept {
  readonly peer: Peer;
  /** What every message that it was told of says, by id. */
  readonly messages: Map<string, { contact: string; author: string; text: string; order: string; state: string }>;
  readonly contacts: Map<string, { standing: string; reach: { type: string } }>;
  readonly events: PeerEvent[];
  own: { address: string; findable: string } | undefined;
  stopped: string | undefined;
  /** When leaders said how storage is, as they do when they begin: the times by the clock of the machine. */
  readonly led: number[];
}

const INDEX = '<!doctype html><meta charset="utf-8"><title>bare</title><script type="module" src="bare.js"></script>\n';
const SCRIPT = `import init, { Peer, look } from './lowkey_web_peer.js';
const kept = { messages: new Map(), contacts: new Map(), events: [], own: undefined, stopped: undefined, led: [] };
function hear(event) {
  kept.events.push(event);
  if (event.type === 'own') kept.own = event.own;
  if (event.type === 'contact') kept.contacts.set(event.contact.address, event.contact);
  if (event.type === 'message') kept.messages.set(event.message.id, event.message);
  if (event.type === 'storage') kept.led.push(Date.now());
  if (event.type === 'stopped') kept.stopped = event.why;
  if (event.type === 'delivery') {
    const message = kept.messages.get(event.message);
    if (message !== undefined) message.state = event.state;
  }
}
const noWorker = () => Promise.reject(Object.assign(new Error('no worker here'), { code: 'internal' }));
await init({ module_or_path: 'lowkey_web_peer_bg.wasm' });
kept.look = look;
kept.open = (options) => Peer.open(options, hear, noWorker);
window.kept = kept;
if (!location.hash.includes('closed')) kept.peer = await kept.open({});
window.isOpen = true;
`;

/** A relay that serves the bare page. */
export class BareRelay {
  readonly relay: Relay;
  readonly #folder: string;

  private constructor(relay: Relay, folder: string) {
    this.relay = relay;
    this.#folder = folder;
  }

  static async start(): Promise<BareRelay> {
    const folder = await mkdtemp(join(tmpdir(), 'lowkey-bare-'));
    for (const name of ['lowkey_web_peer.js', 'lowkey_web_peer_bg.wasm']) {
      await copyFile(join(ROOT, 'www/src/wasm', name), join(folder, name));
    }
    await writeFile(join(folder, 'index.html'), INDEX);
    await writeFile(join(folder, 'bare.js'), SCRIPT);
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

  static async at({ relay }: BareRelay, kind: BrowserKind): Promise<Profile> {
    return new Profile(await launch(kind), relay.origin);
  }

  /** Opens a tab; with `hash` a page that waits to be told how to open its peer. */
  async tab(hash = ''): Promise<Tab> {
    const page = await this.browser.page();
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
