/**
 * How long people wait, in two browsers at two relays on loopback. Not a test: nothing passes or fails.
 *
 * Every round opens the page in a fresh browser process with an empty cache, and knows an address alone.
 */
import { test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { launchChromium } from './browsers.ts';
import { PeerJs } from './peerjs.ts';
import { Person } from './person.ts';
import { Relay } from './relay.ts';
import { keep, lines, median, percentile } from './rows.ts';

const ROUNDS = 7;
const MESSAGES = 30;

/** Remembers the moment of the first frame in which an element stands on the page. */
function watch(selector: string): void {
  const find = (root: ParentNode): boolean =>
    [...root.querySelectorAll('*')].some(
      (element) => element.matches(selector) || (element.shadowRoot !== null && find(element.shadowRoot)),
    );
  const look = (): void => {
    if (find(document)) Reflect.set(window, 'seenAt', performance.timeOrigin + performance.now());
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/**
 * Pastes an address, adds whoever it is and sends a text, each step in the first frame that lets it: the hands of
 * the program that plays the person take half a second for a click, and are not what is measured.
 */
async function greet(address: string, text: string): Promise<void> {
  const find = (root: ParentNode, path: readonly string[]): Element | undefined => {
    const [first, ...rest] = path;
    if (first === undefined) return undefined;
    for (const element of root.querySelectorAll('*')) {
      const inside = element.shadowRoot;
      if (element.matches(first)) {
        const found = rest.length === 0 ? element : inside === null ? undefined : find(inside, rest);
        if (found !== undefined) return found;
      }
      const deeper = inside === null ? undefined : find(inside, path);
      if (deeper !== undefined) return deeper;
    }
    return undefined;
  };
  const comes = async (...path: readonly string[]): Promise<HTMLElement> => {
    for (;;) {
      const element = find(document, path);
      if (element instanceof HTMLElement && !element.matches(':disabled')) return element;
      await new Promise((frame) => requestAnimationFrame(frame));
    }
  };
  const enter = (element: HTMLElement, value: string): void => {
    Reflect.set(element, 'value', value);
    element.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
  };
  enter(await comes('lk-search-field', 'input'), address);
  (await comes('lk-search-field', '.found')).click();
  (await comes('lk-add-dialog', 'button.primary')).click();
  enter(await comes('lk-composer', 'textarea'), text);
  (await comes('lk-composer', '.send')).click();
}

test('numbers', { timeout: 600_000 }, async () => {
  const relay = await Relay.start();
  const other = await Relay.start(relay);
  const ben = await Person.at(other);
  const address = await ben.address();
  await ben.isFindable();

  const shown: number[] = [];
  const first: number[] = [];
  const peerJs = await PeerJs.start();
  const theirs: number[] = [];
  let ann: Person | undefined;
  for (let round = 1; round <= ROUNDS; round += 1) {
    await ann?.leave();
    const browser = await launchChromium();
    const page = await browser.page();
    await page.evaluateOnNewDocument(watch, 'lk-sidebar');
    // What a stranger's first message makes appear at the other side: one more request.
    const arrived = ben.page.waitForFunction(
      (text: string) => {
        const says = (root: ParentNode): boolean =>
          [...root.querySelectorAll('*')].some(
            (element) =>
              [...element.childNodes].some((node) => node instanceof Text && node.data.includes(text)) ||
              (element.shadowRoot !== null && says(element.shadowRoot)),
          );
        return says(document) ? performance.timeOrigin + performance.now() : false;
      },
      { timeout: 90_000, polling: 'raf' },
      strings.sidebar.requestCount(round),
    );
    await page.goto(relay.origin);
    ann = Person.on(browser, page);
    await page.evaluate(greet, address, 'Hello');
    const opened = await page.evaluate(() => performance.timeOrigin);
    shown.push((await page.evaluate(() => Reflect.get(window, 'seenAt') as number)) - opened);
    first.push(((await (await arrived).jsonValue()) as number) - opened);
    theirs.push(await peerJs.firstMessage());
  }

  const trips: number[] = [];
  let direct = NaN;
  if (ann !== undefined) {
    const accepted = performance.now();
    await ben.accept();
    await ann.isReached(strings.reach.direct);
    direct = performance.now() - accepted;
    await ann.mineAre('delivered');
    for (let number = 1; number <= MESSAGES; number += 1) trips.push(await ann.trip(`Message ${String(number)}`));
  }
  await keep('numbers', [
    ...lines('page opened → address shown', shown),
    {
      name: 'page opened → first message shown at the other side, p50',
      ours: Math.round(median(first)),
      peer: Math.round(median(theirs)),
      peerName: 'PeerJS and PeerServer',
      unit: 'ms',
    },
    { name: 'page opened → first message shown at the other side, p95', value: Math.round(percentile(first, 0.95)), unit: 'ms' },
    { name: 'Accept begun → Direct shown at the other side', value: Math.round(direct), unit: 'ms' },
    ...lines('message sent on the direct path → Delivered shown', trips),
  ]);
  await ann?.leave();
  await ben.leave();
  await Promise.all([relay.end(), other.end(), peerJs.end()]);
});
