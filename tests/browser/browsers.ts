/** Browsers for tests: each launch is a process of its own with a fresh profile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

const CHROMIUM = process.env['LOWKEY_CHROMIUM'] ?? '/usr/bin/chromium';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser process, what its pages complained of, and whom they asked. */
export class Launched {
  readonly #browser: Browser;
  readonly #profile: string;
  /** Uncaught errors and console errors of all pages. */
  readonly complaints: string[] = [];
  /** URLs of all HTTP requests of all pages. */
  readonly requests: string[] = [];

  constructor(browser: Browser, profile: string) {
    this.#browser = browser;
    this.#profile = profile;
  }

  async page(): Promise<Page> {
    const page = await this.#browser.newPage();
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (line) => {
      // A relay that is down is no fault of the page: the browser itself logs the refused socket.
      if (line.type() === 'error' && !/ERR_CONNECTION_REFUSED|WebSocket|Failed to load resource/.test(line.text())) {
        this.complaints.push(line.text());
      }
    });
    page.on('request', (request) => this.requests.push(request.url()));
    return page;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await rm(this.#profile, { recursive: true, force: true });
  }
}

export async function launchChromium(): Promise<Launched> {
  const profile = await mkdtemp(join(tmpdir(), 'lowkey-profile-'));
  const browser = await puppeteer.launch({
    browser: 'chrome',
    executablePath: CHROMIUM,
    headless: true,
    args: FLAGS,
    userDataDir: profile,
    defaultViewport: { width: 1280, height: 800 },
  });
  return new Launched(browser, profile);
}
