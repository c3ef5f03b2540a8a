/** Many tabs of one profile: one runs the peer, all use it, and whichever goes, nothing is lost or doubled. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { BareRelay, type Kept, Profile, type Tab } from './bare.ts';
import { BROWSERS } from './browsers.ts';

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
  /** What was sent and stored, by each writer in its order: the oracle. */
  const accepted = new Map<string, string[]>();
  /** What was under way when its tab went: it may have been taken or not. */
  const uncertain = new Set<string>();
  let written = 0;

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

  /** Sends from one tab; what is answered is in the oracle, what a tab took into its grave may be anywhere. */
  async function write(tab: Tab, writer: string, contact: string, count: number): Promise<void> {
    const texts = Array.from({ length: count }, () => `${writer} ${(written += 1)}`);
    try {
      await tab.send(contact, texts);
      accepted.set(writer, [...(accepted.get(writer) ?? []), ...texts]);
    } catch (error) {
      // A refusal of the peer is a fault; a page that is gone is what this is about.
      if (String(error).includes('PeerError')) throw error;
      texts.forEach((text) => uncertain.add(text));
    }
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
    if (how === 'killed') {
      const session = await tab.page.createCDPSession();
      const gone = new Promise((resolve) => tab.page.once('error', resolve));
      // It never answers.
      void session.send('Page.crash').catch(() => undefined);
      await gone;
    }
    await tab.page.close();
  }

  /** All that is certain has arrived once, in order, and all tabs of both sides show the same. */
  async function agree(): Promise<void> {
    const certain = [...accepted.values()].flat();
    const arrived = async (tab: Tab, contact: string): Promise<string[]> => {
      await tab.until(
        async (contact, certain) => {
          const { peer } = Reflect.get(window, 'kept');
          const texts = new Set<string>();
          for (let before: string | undefined; ; ) {
            const page = await peer.history(contact, before, 200);
            for (const message of page) texts.add(message.text);
            if (page.length < 200) break;
            before = page[0].order;
          }
          return certain.every((text: string) => texts.has(text));
        },
        contact,
        certain,
      );
      return (await tab.history(contact)).map(({ author, text }) => `${author} ${text}`);
    };
    const shownToBen = await arrived(other, toAnn);
    const shownToAnn = await arrived(tabs[0]!, toBen);
    const texts = shownToBen.map((line) => line.replace(/^(me|them) /, ''));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.filter((text) => !certain.includes(text) && !uncertain.has(text))).toEqual([]);
    for (const [writer, wrote] of accepted) {
      expect(texts.filter((text) => wrote.includes(text)), writer).toEqual(wrote);
    }
    const turned = shownToAnn.map((line) => line.replace(/^(me|them)/, (who) => (who === 'me' ? 'them' : 'me')));
    expect(turned).toEqual(shownToBen);
    for (const tab of tabs) expect((await tab.history(toBen)).map(({ text }) => text)).toEqual(texts);
  }

  /** Waits until the other side has all that is certain, and knows that all of its own has arrived. */
  async function caughtUp(): Promise<void> {
    await other.until(
      (certain) => {
        const messages = [...(Reflect.get(window, 'kept') as Kept).messages.values()];
        const texts = new Set(messages.map(({ text }) => text));
        return certain.every((text) => texts.has(text)) && messages.every(({ author, state }) => author === 'them' || state === 'delivered');
      },
      [...accepted.values()].flat(),
    );
  }

  test('one of them leads, and every one of them can send', async () => {
    expect((await Promise.all(tabs.map((tab) => tab.leads()))).filter(Boolean)).toHaveLength(1);
    await other.isFindable();
    await tabs[1]!.add(toBen);
    await write(tabs[2]!, 'the request', toBen, 1);
    await other.accept(toAnn);
    for (const [number, tab] of tabs.entries()) await write(tab, `tab ${number}`, toBen, 3);
    await write(other, 'Ben', toAnn, 3);
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
    for (const [number, tab] of tabs.entries()) await write(tab, `after it was ${how}, tab ${number}`, toBen, 1);
    await agree();
  });

  test(`the leader changes ${changes} times while all write`, { timeout: 1_800_000 }, async () => {
    const times: number[] = [];
    for (let change = 0; change < changes; change += 1) {
      const how = ends[change % ends.length]!;
      const gone = await leader();
      const rest = tabs.filter((tab) => tab !== gone);
      const writing = [
        ...tabs.map((tab, number) => write(tab, `change ${change}, tab ${number}`, toBen, 2)),
        write(other, 'Ben', toAnn, 2),
      ];
      const moment = Date.now();
      const [time] = await Promise.all([rest[0]!.leadsAfter(moment), end(gone, how), ...writing]);
      times.push(time);
      if (tabs.length < 5) tabs.push(await ann.tab());
      // What waits is bounded: while tabs come and go this fast, it may wait for a while.
      if (change % 10 === 9) await caughtUp();
    }
    times.sort((a, b) => a - b);
    const at = (share: number): number => Math.round(times[Math.floor((times.length - 1) * share)]!);
    console.log(`${kind}, ${changes} changes, another leads after: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`);
    await agree();
    const sent = [...accepted.values()].flat().length;
    console.log(`${kind}: ${sent} texts accepted, ${uncertain.size} under way in tabs that went; none lost, none twice, all in order`);
  });

  test('no page complained', () => {
    expect([...ann.browser.complaints, ...ben.browser.complaints]).toEqual([]);
  });
});
