/** Browsers for tests: each launch is a process of its own with a fresh profile. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

/** The two browsers that the product is tried in. */
export type BrowserKind = 'chromium' | 'firefox';

export const BROWSERS: readonly BrowserKind[] = ['chromium', 'firefox'];

const PROGRAMS: Readonly<Record<BrowserKind, string>> = {
  chromium: process.env['LOWKEY_CHROMIUM'] ?? '/usr/bin/chromium',
  firefox: process.env['LOWKEY_FIREFOX'] ?? '/usr/bin/firefox-esr',
};

/** What a browser logs by itself when a relay is down: that is no fault of the page. */
const RELAY_IS_DOWN =
  /ERR_CONNECTION_REFUSED|WebSocket connection|Failed to load resource|(can.t establish a connection to the server at|The connection to) ws/;

/** What Firefox itself logs of an attempt at a direct path that found none: another attempt follows. */
const NO_PATH = /WebRTC: ICE failed, add a STUN server/;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * After a refused WebSocket Firefox waits up to a minute by itself before it really asks the same host again. The
 * tests are about the page's own return, so this back-off of the browser is off.
 *
 * Firefox hides the machine's addresses behind names of multicast DNS. Two Firefox on one machine without a network
 * that carries multicast find each other's names at times and at times not: then ICE fails, whatever the page does.
 */
const PREFERENCES = {
  'network.websocket.delay-failed-reconnects': false,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  // Nobody is there to answer when the page asks the browser to keep what it stores.
  'dom.storageManager.prompt.testing': true,
  'dom.storageManager.prompt.testing.allow': true,
};

/** What a person has set about site data. */
export type SiteData = 'kept' | 'blocked';

const FIREFOX_SITE_DATA: Readonly<Record<SiteData, Record<string, unknown>>> = {
  kept: {},
  blocked: { 'network.cookie.cookieBehavior': 2 },
};

/** The folder of downloads in a profile. */
const DOWNLOADS = 'downloads';

/** A browser process, what its pages complained of, and whom they asked. */
export class Launched {
  readonly #browser: Browser;
  readonly #profile: string;
  /** Where its downloads go. */
  readonly downloads: string;
  /** Uncaught errors and console errors of all pages. */
  readonly complaints: string[] = [];
  /** URLs of all HTTP requests of all pages. */
  readonly requests: string[] = [];

  constructor(browser: Browser, profile: string) {
    this.#browser = browser;
    this.#profile = profile;
    this.downloads = join(profile, DOWNLOADS);
  }

  async page(): Promise<Page> {
    const page = await this.#browser.newPage();
    const complain = (text: string): void => {
      if (!RELAY_IS_DOWN.test(text) && !NO_PATH.test(text)) this.complaints.push(text);
    };
    page.on('pageerror', (error) => {
      complain(String(error));
    });
    page.on('console', (line) => {
      if (line.type() === 'error') complain(line.text());
    });
    page.on('request', (request) => {
      // Firefox tells of a WebSocket's first request as well; a page may open one to any relay.
      if (request.headers()['sec-fetch-mode'] !== 'websocket') this.requests.push(request.url());
    });
    return page;
  }

  /** Closes it, and returns the folder of its profile, in which another can go on. */
  async leave(): Promise<string> {
    await this.#browser.close();
    return this.#profile;
  }

  async close(): Promise<void> {
    await rm(await this.leave(), { recursive: true, force: true });
  }
}

/** Starts Chromium in a network namespace, where pages of this origin count as safe although they come by HTTP. */
export async function launchInside(namespace: string, origin: string): Promise<Launched> {
  const profile = await mkdtemp(join(tmpdir(), 'lowkey-profile-'));
  const program = join(profile, 'inside');
  await writeFile(program, `#!/bin/sh\nexec ip netns exec ${namespace} ${PROGRAMS.chromium} "$@"\n`, { mode: 0o755 });
  const browser = await puppeteer.launch({
    executablePath: program,
    headless: true,
    args: [...FLAGS, `--unsafely-treat-insecure-origin-as-secure=${origin}`],
    userDataDir: profile,
    timeout: 120_000,
    // A port of its namespace would be out of reach.
    pipe: true,
    defaultViewport: { width: 1280, height: 800 },
  });
  return new Launched(browser, profile);
}

/** Starts a browser: Chromium by its own protocol, Firefox by WebDriver BiDi; in `folder` one goes on that has left. */
export async function launch(kind: BrowserKind, siteData: SiteData = 'kept', folder?: string): Promise<Launched> {
  const profile = folder ?? (await mkdtemp(join(tmpdir(), 'lowkey-profile-')));
  const downloads = join(profile, DOWNLOADS);
  if (kind === 'chromium' && folder === undefined) await prefer(profile, downloads, siteData);
  const browser = await puppeteer.launch({
    browser: kind === 'chromium' ? 'chrome' : 'firefox',
    executablePath: PROGRAMS[kind],
    headless: true,
    args: kind === 'chromium' ? FLAGS : [],
    extraPrefsFirefox: {
      ...PREFERENCES,
      ...FIREFOX_SITE_DATA[siteData],
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
    },
    userDataDir: profile,
    // A busy machine takes its time for a first start.
    timeout: 120_000,
    defaultViewport: { width: 1280, height: 800 },
  });
  return new Launched(browser, profile);
}

/** Writes what Chromium reads at its start. */
async function prefer(profile: string, downloads: string, siteData: SiteData): Promise<void> {
  const blocked = { default_content_setting_values: { cookies: 2 } };
  await mkdir(join(profile, 'Default'));
  await writeFile(
    join(profile, 'Default', 'Preferences'),
    JSON.stringify({ download: { default_directory: downloads }, profile: siteData === 'blocked' ? blocked : {} }),
  );
}

export function launchChromium(): Promise<Launched> {
  return launch('chromium');
}
