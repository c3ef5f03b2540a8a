/** PeerJS and its PeerServer, for a number beside ours: a page that knows an id and sends one message. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';

import { launchChromium, type Launched } from './browsers.ts';
import { Pages } from './proof.ts';

const SERVER = fileURLToPath(new URL('../interop/node_modules/.bin/peerjs', import.meta.url));
/** Who waits for messages. */
const WAITING = 'the-one-who-waits';

const page = (port: number, what: string): string => `
  import { Peer } from '/peerjs.js';
  const server = { host: '127.0.0.1', port: ${String(port)}, path: '/', config: { iceServers: [] } };
  ${what}`;

const WAITS = `
  const peer = new Peer('${WAITING}', server);
  peer.on('open', () => { window.isOpen = true; });
  peer.on('connection', (connection) => connection.on('data', (text) => {
    document.body.append(text);
    requestAnimationFrame(() => { window.seenAt = performance.timeOrigin + performance.now(); });
  }));`;

const SENDS = `
  const peer = new Peer(server);
  peer.on('open', () => {
    const connection = peer.connect('${WAITING}');
    connection.on('open', () => connection.send('Hello'));
  });`;

export class PeerJs {
  readonly #server: ChildProcess;
  readonly #sends: Pages;
  readonly #waits: Pages;
  readonly #browser: Launched;
  readonly #page: Page;

  private constructor(server: ChildProcess, sends: Pages, waits: Pages, browser: Launched, page: Page) {
    this.#server = server;
    this.#sends = sends;
    this.#waits = waits;
    this.#browser = browser;
    this.#page = page;
  }

  /** Starts PeerServer and the page that waits. */
  static async start(): Promise<PeerJs> {
    const port = await freePort();
    const server = spawn('node', [SERVER, '--host', '127.0.0.1', '--port', String(port), '--path', '/'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(server.stdout, 'data');
    const folder = process.env['LOWKEY_INTEROP'];
    const [sends, waits] = await Promise.all([Pages.serve(page(port, SENDS), folder), Pages.serve(page(port, WAITS), folder)]);
    const browser = await launchChromium();
    const waiting = await browser.page();
    await waiting.goto(waits.origin);
    await waiting.waitForFunction(() => 'isOpen' in window);
    return new PeerJs(server, sends, waits, browser, waiting);
  }

  /** Opens a page in a new browser process; returns the milliseconds until its message is shown by the other. */
  async firstMessage(): Promise<number> {
    await this.#page.evaluate(() => Reflect.deleteProperty(window, 'seenAt'));
    const browser = await launchChromium();
    const sending = await browser.page();
    await sending.goto(this.#sends.origin);
    const opened = await sending.evaluate(() => performance.timeOrigin);
    const seen = await this.#page.waitForFunction(() => Reflect.get(window, 'seenAt') as number | undefined);
    const at = (await seen.jsonValue()) as number;
    await browser.close();
    return at - opened;
  }

  async end(): Promise<void> {
    await Promise.all([this.#browser.close(), this.#sends.close(), this.#waits.close()]);
    const gone = once(this.#server, 'exit');
    this.#server.kill();
    await gone;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
