/**
 * Pages with a bare peer: the WebRTC crate without chat, or any other peer that answers to the same calls. They are
 * served on a loopback port of their own.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Page } from 'puppeteer-core';

import { type BrowserKind, launch, type Launched } from './browsers.ts';
import { type Pair, pairs, watch } from './watched.ts';

/** The bindings of `tests/webrtc-page`. */
const CRATE = process.env['LOWKEY_WEBRTC_PAGE'];

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** How a page makes its peer, as the body of a module. */
export const OURS = `
  import init, { Peer } from '/lowkey_webrtc_page.js';
  await init({ module_or_path: '/lowkey_webrtc_page_bg.wasm' });
  window.makePeer = () => Promise.resolve(new Peer([]));`;

/** The same for js-libp2p, bundled by `tests/interop`. */
export const THEIRS = `
  import { Peer } from '/peer.js';
  window.makePeer = () => Peer.start();`;

/** What a peer in a page can do; `tests/webrtc-page/src/peer.rs` says what each call means. */
interface InPage {
  readonly id: string;
  reserve(relay: string): Promise<string>;
  dial(circuit: string): Promise<number>;
  dialCircuit(circuit: string): Promise<number>;
  hangUp(peer: string): Promise<void>;
  isMet(peer: string): Promise<void>;
  echo(peer: string, bytes: Uint8Array): Promise<Uint8Array>;
  upload(peer: string, bytes: number): Promise<number>;
  uploadRelayed(peer: string, bytes: number): Promise<number>;
  trips(peer: string, count: number): Promise<ArrayLike<number>>;
}

/** Serves the pages of one kind of peer. */
export class Pages {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async serve(module: string, folder = CRATE): Promise<Pages> {
    if (folder === undefined) throw new Error('LOWKEY_WEBRTC_PAGE must name the page; cargo xtask test sets it');
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      if (path === '/') {
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(`<!doctype html><link rel="icon" href="data:,"><script type="module">${module}</script>`);
        return;
      }
      readFile(join(folder, normalize(path))).then(
        (bytes) => {
          response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
          response.end(bytes);
        },
        () => {
          response.statusCode = 404;
          response.end();
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Pages(server);
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${String(port)}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Where a peer is reached, in a page or elsewhere. */
export interface Reachable {
  readonly id: string;
  readonly circuit: string;
}

/** A bare peer in a page, in a browser of its own. */
export class Bare {
  readonly browser: Launched;
  readonly page: Page;
  /** The peer id. */
  id = '';
  /** Where others reach it, once it has reserved. */
  circuit = '';

  private constructor(browser: Launched, page: Page) {
    this.browser = browser;
    this.page = page;
  }

  /** Opens the page in a new browser process, and reserves at a relay. */
  static async at(pages: Pages, kind: BrowserKind, relay: string): Promise<Bare> {
    const browser = await launch(kind);
    const page = await browser.page();
    await watch(page);
    const bare = new Bare(browser, page);
    await page.goto(pages.origin);
    await page.waitForFunction(() => 'makePeer' in window);
    await bare.starts(relay);
    return bare;
  }

  /** Makes a new peer in the page, and reserves at a relay. */
  async starts(relay: string): Promise<void> {
    this.id = await this.page.evaluate(async () => {
      const make: () => Promise<InPage> = Reflect.get(window, 'makePeer');
      const peer = await make();
      Reflect.set(window, 'peer', peer);
      return peer.id;
    });
    this.circuit = await this.#call('reserve', relay);
  }

  /** Dials another directly; returns the milliseconds. */
  dial(other: Reachable): Promise<number> {
    return this.#call('dial', other.circuit);
  }

  /** Dials another through the relay. */
  dialCircuit(other: Reachable): Promise<number> {
    return this.#call('dialCircuit', other.circuit);
  }

  async hangUp(other: Reachable): Promise<void> {
    await this.#call('hangUp', other.id);
  }

  /** Waits until another is connected directly. */
  async isMet(other: Reachable): Promise<void> {
    await this.#call('isMet', other.id);
  }

  /** Sends random bytes and the end, and returns whether exactly these came back before the end. */
  echoes(other: Reachable, bytes: number): Promise<boolean> {
    return this.page.evaluate(
      async (id, bytes) => {
        const sent = new Uint8Array(bytes);
        for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(sent.subarray(at, at + 65_536));
        const peer: InPage = Reflect.get(window, 'peer');
        const back = await peer.echo(id, sent);
        return back.length === bytes && back.every((byte, at) => byte === sent[at]);
      },
      other.id,
      bytes,
    );
  }

  /** Sends so many bytes; returns the milliseconds until the other has them all. */
  upload(other: Reachable, bytes: number): Promise<number> {
    return this.#call('upload', other.id, bytes);
  }

  /** As `upload`, through the relay. */
  uploadRelayed(other: Reachable, bytes: number): Promise<number> {
    return this.#call('uploadRelayed', other.id, bytes);
  }

  /** Returns the milliseconds of so many round trips of 64 bytes. */
  async trips(other: Reachable, count: number): Promise<number[]> {
    const times = await this.page.evaluate(
      async (id, count) => {
        const peer: InPage = Reflect.get(window, 'peer');
        return [...Array.from(await peer.trips(id, count))];
      },
      other.id,
      count,
    );
    return times;
  }

  /** Returns the selected pairs of the connections that are up. */
  pairs(): Promise<Pair[]> {
    return pairs(this.page);
  }

  async leave(): Promise<void> {
    await this.browser.close();
  }

  #call<T>(name: keyof InPage, ...values: (string | number)[]): Promise<T> {
    return this.page.evaluate(
      async (name, values) => {
        const peer: Record<string, (...values: unknown[]) => Promise<unknown>> = Reflect.get(window, 'peer');
        return (await peer[name]?.(...values)) as T;
      },
      name,
      values,
    ) as Promise<T>;
  }
}
