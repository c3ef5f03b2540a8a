/** Many tabs of one profile: one runs the peer, all use it, and whichever goes, nothing is lost or doubled. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { BareRelay, Profile, type Tab } from './bare.ts';
import { BROWSERS } from './browsers.ts';
import { kill } from './crashing.ts';
import { Oracle } from './oracle.ts';

/** How a leader can go. */
const ENDS = ['closed', 'killed', 'reloaded'] as const;
type End = (typeof ENDS)[number];

/** Leader changes of the long test; each of them while all tabs and the other side write. */
const CHANGES = Number(process.env['LOWKEY_TAB_CHANGES'] ?? 200);

describe.each(BROWSERS)('five tabs of one profile in %s', (kind) => {
  // Firefox's protocol cannot crash a page, and its tabs take long to open: fewer changes show the same.
  const ends: readonly End[] = kind === 'chromium' ? ENDS : ['closed', 'reloaded'];
  const changes = kind === 'chromium' ? CHANGES : Math.min(CHANGES, 20);
  let bare: BareRelay;
  let ann: Profile;
  let ben: Profile;
  let tabs: Tab[];
  let other: Tab;
  let toBen: string;
  let toAnn: string;
  const oracle = new Oracle();

  beforeAll(async () => {
    bare = await BareRelay.start();
    [ann, ben] = await Promise.all([Profile.at(bare, kind), Profile.at(bare, kind)]);
    [tabs, other] = await Promise.all([open(ann), ben.tab()]);
    [toBen, toAnn] = [await other.address(), await tabs[0]!.address()];
  });

  afterAll(async () => {
    await Promise.all([ann?.end(), ben?.end()]);
    await bare?.end();
  });

  async function open(profile: Profile): Promise<Tab[]> {
    const opened: Tab[] = [];
    for (let count = 0; count < 5; count += 1) opened.push(await profile.tab());
    return opened;
  }

  async function leader(): Promise<Tab> {
    for (;;) {
      for (const tab of tabs) if (await tab.leads()) return tab;
    }
  }

  async function end(tab: Tab, how: End): Promise<void> {
    tabs = tabs.filter((left) => left !== tab);
    if (how === 'reloaded') {
      await tab.page.reload();
      await tab.isOpen();
      tabs.push(tab);
      return;
    }
    if (how === 'killed') await kill(tab.page, await tab.page.createCDPSession());
    await tab.page.close();
  }

  function agree(): Promise<void> {
    return oracle.agree({ tabs, contact: toBen }, { tabs: [other], contact: toAnn });
  }

  test('one of them leads, and every one of them can send', async () => {
    expect((await Promise.all(tabs.map((tab) => tab.leads()))).filter(Boolean)).toHaveLength(1);
    await other.isFindable();
    await tabs[1]!.add(toBen);
    await oracle.write(tabs[2]!, 'the request', toBen, 1);
    await other.accept(toAnn);
    for (const [number, tab] of tabs.entries()) await oracle.write(tab, `tab ${number}`, toBen, 3);
    await oracle.write(other, 'Ben', toAnn, 3);
    await agree();
    for (const tab of tabs) {
      await tab.until(
        (contact, count) => [...Reflect.get(window, 'kept').messages.values()].filter((m) => m.contact === contact).length === count,
        toBen,
        19,
      );
    }
    const shown = await Promise.all(tabs.map((tab) => tab.shown(toBen)));
    for (const texts of shown) expect(texts).toEqual(shown[0]);
  });

  test.each(ends)('the leader is %s: another leads, and every tab goes on', async (how) => {
    const gone = await leader();
    const rest = tabs.filter((tab) => tab !== gone);
    const moment = Date.now();
    const [times] = await Promise.all([Promise.all(rest.map((tab) => tab.leadsAfter(moment))), end(gone, how)]);
    console.log(`${kind}, leader ${how}: every tab had another one after ${Math.max(...times)} ms`);
    if (tabs.length < 5) tabs.push(await ann.tab());
    for (const [number, tab] of tabs.entries()) await oracle.write(tab, `after it was ${how}, tab ${number}`, toBen, 1);
    await agree();
  });

  test(`the leader changes ${changes} times while all write`, { timeout: 1_800_000 }, async () => {
    const times: number[] = [];
    for (let change = 0; change < changes; change += 1) {
      const how = ends[change % ends.length]!;
      const gone = await leader();
      const rest = tabs.filter((tab) => tab !== gone);
      const writing = [
        ...tabs.map((tab, number) => oracle.write(tab, `change ${change}, tab ${number}`, toBen, 2)),
        oracle.write(other, 'Ben', toAnn, 2),
      ];
      const moment = Date.now();
      const [time] = await Promise.all([rest[0]!.leadsAfter(moment), end(gone, how), ...writing]);
      times.push(time);
      if (tabs.length < 5) tabs.push(await ann.tab());
      // What waits is bounded: while tabs come and go this fast, it may wait for a while.
      if (change % 10 === 9) await oracle.caughtUp(other);
    }
    times.sort((a, b) => a - b);
    const at = (share: number): number => Math.round(times[Math.floor((times.length - 1) * share)]!);
    console.log(`${kind}, ${changes} changes, another leads after: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`);
    await agree();
    const sent = oracle.certain.length;
    console.log(`${kind}: ${sent} texts accepted, ${oracle.uncertain.size} under way in tabs that went; none lost, none twice, all in order`);
  });

  test('no page complained', () => {
    expect([...ann.browser.complaints, ...ben.browser.complaints]).toEqual([]);
  });
});
