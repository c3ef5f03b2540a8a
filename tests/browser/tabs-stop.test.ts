/** What ends or holds up the peer of all tabs: a lock, another identity, a tab that sleeps, a newer page. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { BareRelay, Profile, type Tab } from './bare.ts';
import { BROWSERS } from './browsers.ts';

describe.each(BROWSERS)('three tabs of one profile in %s', (kind) => {
  let bare: BareRelay;
  let profile: Profile;
  let tabs: [Tab, Tab, Tab];
  let address: string;

  beforeEach(async () => {
    bare = await BareRelay.start();
    profile = await Profile.at(bare, kind);
    tabs = [await profile.tab(), await profile.tab(), await profile.tab()];
    address = await tabs[0].address();
  });

  afterEach(async () => {
    expect(profile.browser.complaints).toEqual([]);
    await profile.end();
    await bare.end();
  });

  test('a lock set in one holds for all, is handed on to the next leader, and locks all', async () => {
    const [first, second, third] = tabs;
    expect(await first.look()).toEqual({ type: 'here', locked: false });
    expect(await second.does('lock')).not.toBe('done');
    expect(await second.does('setLock', 'correct horse')).toBe('done');
    await Promise.all(tabs.map((tab) => tab.hasLock(true)));
    expect(await third.does('setLock', 'another', 'wrong')).toBe('passphraseWrong');
    // The next leader was never told the passphrase.
    const moment = Date.now();
    await first.page.close();
    await third.leadsAfter(moment);
    expect(await third.address()).toBe(address);
    expect(await third.does('lock')).toBe('done');
    await Promise.all([second.isStopped('locked'), third.isStopped('locked')]);
    expect(await second.look()).toEqual({ type: 'here', locked: true });
    expect(await second.opens({})).toBe('locked');
    expect(await second.opens({ passphrase: 'incorrect' })).toBe('passphraseWrong');
    expect(await second.opens({ passphrase: 'correct horse' })).toBe('open');
    expect(await second.address()).toBe(address);
    expect(await third.look()).toEqual({ type: 'here', locked: false });
    expect(await third.opens({})).toBe('open');
  });

  test('another identity takes the place of the one of all tabs, also in the same tab', async () => {
    const [first, second, third] = tabs;
    const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
    expect(await second.opens({ phrase: 'legal winner', replace: true })).toBe('phraseWordCount');
    expect(await second.opens({ phrase: words })).toBe('identityExists');
    expect(await second.opens({ phrase: words, replace: true })).toBe('open');
    await Promise.all([first.isStopped('replaced'), third.isStopped('replaced')]);
    expect(await third.opens({})).toBe('open');
    await third.until((former) => Reflect.get(window, 'kept').own?.address !== former, address);
    const restored = await third.address();
    expect(restored).not.toBe(address);
    expect(await first.opens({ phrase: words })).toBe('open');
    expect(await first.opens({ phrase: words, replace: true })).toBe('open');
    expect(await first.address()).toBe(restored);
  });

  test.runIf(kind === 'chromium')('a leader that sleeps loses the lead, and follows when it wakes', async () => {
    const leads = await Promise.all(tabs.map((tab) => tab.leads()));
    const sleeper = tabs[leads.indexOf(true)]!;
    const awake = tabs[(leads.indexOf(true) + 1) % 3]!;
    const session = await sleeper.page.createCDPSession();
    await session.send('Debugger.enable');
    const asleep = new Promise((resolve) => session.once('Debugger.paused', resolve));
    await session.send('Debugger.pause');
    const nap = sleeper.page.evaluate(() => 'awake again');
    await asleep;
    const moment = Date.now();
    await awake.page.bringToFront();
    const asked = awake.page.evaluate(() => Reflect.get(window, 'kept').peer.createInvite());
    console.log(`${kind}: a sleeping leader was replaced after ${await awake.leadsAfter(moment)} ms`);
    expect(await asked).toMatch(/^#i\//);
    await session.send('Debugger.resume');
    expect(await nap).toBe('awake again');
    await sleeper.leadsAfter(moment);
    const invite = sleeper.page.evaluate(() => Reflect.get(window, 'kept').peer.createInvite());
    expect(await invite).toMatch(/^#i\//);
    expect(await awake.leads()).toBe(true);
  });

  test('a newer version of the page ends the peers of the older one', async () => {
    const [first, second, third] = tabs;
    await first.page.evaluate(() => {
      new BroadcastChannel('lowkey').postMessage({ lowkey: 2, body: 'whatever it says then' });
    });
    await Promise.all([first.isStopped('outdated'), second.isStopped('outdated'), third.isStopped('outdated')]);
  });

  test('what does not decode is dropped', async () => {
    const [first, second, third] = tabs;
    await third.page.evaluate(() => {
      const channel = new BroadcastChannel('lowkey');
      const bodies = [undefined, null, 7, 'Stop', { Leads: {} }, { Stop: 'never' }, { Event: [1, 2] }, { Answer: { leader: null } }];
      for (const body of bodies) channel.postMessage({ lowkey: 1, body });
      for (const data of [undefined, null, 7, 'x', {}, [], { lowkey: 'one' }, { lowkey: -1, body: 'Hello' }]) channel.postMessage(data);
    });
    for (const tab of [first, second]) {
      const invite = await tab.page.evaluate(() => Reflect.get(window, 'kept').peer.createInvite());
      expect(invite).toMatch(/^#i\//);
    }
  });
});
