/** What a person sees of what the browser keeps: that it keeps nothing, that it is full, that what was kept is lost. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { BROWSERS, launch, type Launched } from './browsers.ts';
import { clear, type Kept, put, take, takeOut } from './kept.ts';
import { Person } from './person.ts';
import { Relay } from './relay.ts';

const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank yellow';

/** A page of the relay's origin without the product: what is kept can be changed there while nobody has it open. */
const NOWHERE = '/no-such-page';

let relay: Relay;

beforeAll(async () => {
  relay = await Relay.start();
});

afterAll(async () => {
  await relay?.end();
});

/**
 * A frame that may keep nothing is not tried: the relay's policy forbids to frame the page. Private windows keep what
 * they are given until they are closed, in both browsers, so that no page can tell them from others.
 */
describe.each(BROWSERS)('in %s with all site data blocked', (kind) => {
  let ann: Person;
  let ben: Person;

  beforeAll(async () => {
    const blocked = await launch(kind, 'blocked');
    ann = Person.on(blocked, await blocked.page());
    ben = await Person.at(relay, kind);
    await ann.page.goto(relay.origin);
  });

  afterAll(async () => {
    await Promise.all([ann?.leave(), ben?.leave()]);
  });

  test('everything works in memory, and the page says so all the time', async () => {
    await ann.sees(strings.notices.memory);
    const address = await ann.address();
    await ann.add(await ben.address());
    await ann.writes('From a page that keeps nothing');
    await ben.accept();
    await ben.writes('To a page that keeps nothing');
    await ann.reads('To a page that keeps nothing');
    await ann.mineAre('delivered');
    await ann.sees(strings.notices.memory);
    // Each tab is somebody else, and alone.
    const other = Person.on(ann.browser, await ann.browser.page());
    await other.page.goto(relay.origin);
    await other.sees(strings.notices.memory);
    expect(await other.address()).not.toBe(address);
    await ann.writes('Still here');
    await ben.reads('From a page that keeps nothing', 'Still here');
    expect([...ann.browser.complaints, ...ben.browser.complaints]).toEqual([]);
  });
});

describe.each(BROWSERS)('the page in %s', (kind) => {
  let browser: Launched;
  let ann: Person;

  beforeEach(async () => {
    browser = await launch(kind);
    ann = Person.on(browser, await browser.page());
  });

  afterEach(async () => {
    await browser.close();
  });

  async function opens(): Promise<void> {
    await ann.page.goto(relay.origin);
    await ann.page.waitForSelector('lowkey-app');
  }

  async function goesAway(): Promise<void> {
    await ann.page.goto(`${relay.origin}${NOWHERE}`);
  }

  async function kept(): Promise<Kept | undefined> {
    return take(ann.page);
  }

  test('says of each loss what it is, and begins nothing by itself', async () => {
    await opens();
    const address = await ann.address();
    await goesAway();
    await takeOut(ann.page, 'wrap');
    const damaged = await kept();
    await opens();
    await ann.sees(strings.opening.lost.damaged.title);
    expect(await kept()).toEqual(damaged);

    await goesAway();
    await clear(ann.page);
    await opens();
    await ann.sees(strings.opening.lost.gone.title);

    await goesAway();
    await clear(ann.page);
    await put(ann.page, { format: 9, stores: { meta: [['wrap', 'a form of later']] } });
    const newer = await kept();
    await opens();
    await ann.sees(strings.opening.lost.newer.title);
    expect(await kept()).toEqual(newer);

    // Only what a person asks for puts something else in its place.
    await ann.press(strings.opening.words);
    await ann.restores(WORDS);
    await ann.sees(strings.backup.restored);
    await ann.press(strings.close);
    expect(await ann.address()).not.toBe(address);
  });

  test('gives way in the other tab to another identity, and shows it when asked to', async () => {
    await opens();
    const other = Person.on(browser, await browser.page());
    await other.page.goto(relay.origin);
    const address = await other.address();
    await other.restores(WORDS);
    await other.sees(strings.backup.restored);
    await ann.page.bringToFront();
    await ann.sees(strings.opening.replaced.title);
    await ann.press(strings.opening.replaced.action);
    expect(await ann.address()).not.toBe(address);
  });

  test('stops in all tabs when a newer one is open, and asks for a reload', async () => {
    await opens();
    const other = Person.on(browser, await browser.page());
    await other.page.goto(relay.origin);
    const address = await other.address();
    await goesOutdated(other);
    await ann.sees(strings.opening.stopped.outdated);
    await ann.page.bringToFront();
    await ann.press(strings.reload);
    await ann.page.waitForSelector('>>> lk-connection-bar[findable]');
    expect(await ann.address()).toBe(address);
  });

  async function goesOutdated(other: Person): Promise<void> {
    await other.page.evaluate(() => {
      new BroadcastChannel('lowkey').postMessage({ lowkey: 2, body: 'whatever it says then' });
    });
    await other.sees(strings.opening.stopped.outdated);
  }
});
