/** A page that is killed at each named moment of what it does: nothing is lost or doubled, and no key is used twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { BareRelay, type Kept, Profile, type Tab } from './bare.ts';
import { KeyLog, Mortal, moments } from './crashing.ts';
import { Oracle } from './oracle.ts';

/** Moments of what people ask for now and then, beside those that every talk comes to. */
const RARE = ['delete.before-persist', 'delete.after-persist', 'delete.before-reply', 'delete.after-reply'];

/** A pattern of moments, to try these alone. */
const ONLY = new RegExp(process.env['LOWKEY_MOMENTS'] ?? '');

/** Lives in which a moment may be missed: what happens depends on who is faster. */
const ATTEMPTS = 8;

/** What a page comes to while it begins. */
const EARLY = ['start', 'addresses', 'look-up', 'link'];

// Firefox's protocol cannot crash a page.
describe('a page that is killed in chromium', () => {
  const keys = new KeyLog();
  const oracle = new Oracle();
  let bare: BareRelay;
  let ann: Profile;
  let ben: Profile;
  let mortal: Mortal;
  let other: Tab;
  let toBen: string;
  let toAnn: string;
  let guests = 0;

  beforeAll(async () => {
    bare = await BareRelay.start('for tests');
    [ann, ben] = await Promise.all([Profile.at(bare, 'chromium'), Profile.at(bare, 'chromium')]);
    mortal = new Mortal(ann, keys);
    [other] = await Promise.all([ben.tab('', (page) => keys.watch(page)), mortal.live()]);
    [toBen, toAnn] = [await other.address(), await mortal.tab.address()];
    findable = stranger();
    await other.isFindable();
    await mortal.tab.add(toBen);
    await oracle.write(mortal.tab, 'Ann', toBen, 1);
    await other.accept(toAnn);
    await talk(mortal.tab);
  });

  afterAll(async () => {
    await Promise.all([ann?.end(), ben?.end()]);
    await bare?.end();
  });

  /** Both write, and wait until the other one has it. */
  async function talk(tab: Tab): Promise<void> {
    await Promise.all([oracle.write(other, 'Ben', toAnn, 1), oracle.write(tab, 'Ann', toBen, 1)]);
    await isSettled(tab);
  }

  /** Both write, and our side is found again. */
  async function isKnown(tab: Tab): Promise<void> {
    await talk(tab);
    await tab.isFindable();
  }

  /** Waits until all that both wrote to each other has arrived. */
  async function isSettled(tab: Tab): Promise<void> {
    await Promise.all([isDelivered(tab, toBen), whileOpen(tab, isDelivered(other, toAnn))]);
  }

  /** Somebody new. */
  async function stranger(): Promise<{ name: string; tab: Tab }> {
    const name = `guest-${String((guests += 1))}`;
    return { name, tab: await ben.named(name).tab('', (page) => keys.watch(page)) };
  }

  /** Somebody who will be asked: opened ahead, since it takes ten seconds until anybody is known to be findable. */
  let findable: Promise<{ name: string; tab: Tab }>;

  /** Somebody new asks, or is asked; whatever becomes of our page then, that talk is whole in the end. */
  async function guest(moment: string, asking: 'they' | 'we'): Promise<boolean> {
    const their = new Oracle();
    const { name, tab } = await (asking === 'they' ? stranger() : findable);
    if (asking === 'we') findable = stranger();
    const toGuest = await tab.address();
    let died = false;
    const step = async (act: (tab: Tab) => Promise<void>): Promise<void> => {
      if (died) await act(mortal.tab);
      else died = await mortal.dies(moment, act);
    };
    const writes = async (mine: Tab): Promise<void> => {
      await their.write(mine, 'Ann', toGuest, 1);
      await isDelivered(mine, toGuest);
    };
    if (asking === 'they') {
      await tab.add(toAnn);
      await their.write(tab, name, toAnn, 1);
      await step((mine) => hasContact(mine, toGuest));
      await hasContact(mortal.tab, toGuest);
      await step((mine) => asks(mine, 'acceptRequest', toGuest));
      if ((await standing(mortal.tab, toGuest)) !== 'contact') await asks(mortal.tab, 'acceptRequest', toGuest);
    } else {
      await tab.isFindable();
      await mortal.tab.add(toGuest);
      const accepting = tab.accept(toAnn);
      await step(async (mine) => {
        await their.write(mine, 'Ann', toGuest, 1);
        await whileOpen(mine, accepting);
        await isDelivered(mine, toGuest);
      });
      await their.write(mortal.tab, 'Ann', toGuest, 1);
      await accepting;
    }
    await step(writes);
    await their.write(tab, name, toAnn, 1);
    const agree = (): Promise<void> =>
      their.agree({ tabs: [mortal.tab], contact: toGuest }, { tabs: [tab], contact: toAnn });
    await agree();
    if (/^(end|greeting|handshake)/.test(moment)) {
      // What is under way when a conversation ends is given up, and nobody promised it.
      await Promise.all([isDelivered(mortal.tab, toGuest), isDelivered(tab, toAnn)]);
      await step((mine) => asks(mine, 'endConversation', toGuest));
      // The second time, nothing happens.
      await asks(mortal.tab, 'endConversation', toGuest);
      await hasEnded(tab, toAnn);
      await Promise.all([their.write(tab, name, toAnn, 1), step(writes)]);
      await their.write(mortal.tab, 'Ann', toGuest, 1);
      await agree();
    }
    if (moment.startsWith('delete.')) {
      const before = await mortal.tab.history(toGuest);
      await step((mine) => asks(mine, 'deleteHistory', toGuest));
      const after = await mortal.tab.history(toGuest);
      expect(after, moment).toEqual(moment === 'delete.before-persist' ? before : []);
      await their.write(tab, name, toAnn, 1);
      await isDelivered(tab, toAnn);
      const shown = (await mortal.tab.history(toGuest)).slice(after.length);
      expect(shown.map(({ text }) => text)).toEqual(their.certain.filter((text) => text.startsWith(name)).slice(-1));
    }
    await tab.page.close();
    // Whoever is gone would be looked for at each beginning.
    await asks(mortal.tab, 'remove', toGuest);
    return died;
  }

  /** Adds somebody who is never there. */
  async function ghost(moment: string): Promise<boolean> {
    const tab = await ben.named(`guest-${String((guests += 1))}`).tab();
    const address = await tab.address();
    await tab.page.close();
    const died = await mortal.dies(moment, async (tab) => {
      await tab.add(address);
    });
    if (died && moment === 'add.before-persist') {
      await hasContact(mortal.tab, toBen);
      expect(await standing(mortal.tab, address)).toBe(undefined);
    } else {
      await hasContact(mortal.tab, address);
      await asks(mortal.tab, 'remove', address);
    }
    return died;
  }

  /** Somebody new opens a page for the first time. */
  async function newcomer(moment: string): Promise<boolean> {
    const fresh = new Mortal(ben.named(`guest-${String((guests += 1))}`), keys);
    const died = await fresh.diesEarly(moment, async (tab) => {
      await tab.address();
    });
    await fresh.tab.isFindable();
    await fresh.tab.page.close();
    return died;
  }

  /** Has the page live through what brings it to a moment; returns whether it died there. */
  async function liveThrough(moment: string, attempt: number): Promise<boolean> {
    const [cause = ''] = moment.split('.');
    if (cause === 'add') return ghost(moment);
    if (cause === 'accept' || cause === 'delete') return guest(moment, 'they');
    if (/^start.*persist$/.test(moment)) return newcomer(moment);
    if (EARLY.includes(cause) && attempt === 0) return mortal.diesEarly(moment, talk);
    if (cause === 'look-up' && !moment.endsWith('publish') && attempt === 1) return guest(moment, 'we');
    // What it publishes, it publishes after the first talk. That waits for a look-up and for a stamp, and the one that
    // comes last is where it happens.
    if (moment.endsWith('publish') && attempt % 2 === 0) return mortal.diesEarly(`stamp${moment.slice(cause.length)}`, isKnown);
    if (['look-up', 'published'].includes(cause)) return mortal.diesEarly(moment, isKnown);
    const ways: (() => Promise<boolean>)[] = [
      () => mortal.dies(moment, talk),
      () => guest(moment, 'they'),
      () => guest(moment, 'we'),
      () => mortal.diesEarly(moment, talk),
    ];
    const isRare = ['end', 'greeting', 'handshake'].includes(cause);
    return (await ways[(attempt + (isRare ? 1 : 0)) % ways.length]?.()) ?? false;
  }

  test('at every one of the moments', { timeout: 900_000 }, async () => {
    const names = await moments(mortal.tab);
    expect(names.length).toBeGreaterThanOrEqual(50);
    const missed: string[] = [];
    const times: number[] = [];
    for (const name of [...names, ...RARE].filter((name) => ONLY.test(name))) {
      const began = Date.now();
      let died = false;
      for (let attempt = 0; attempt < ATTEMPTS && !died; attempt += 1) died = await liveThrough(name, attempt);
      if (!died) missed.push(name);
      await talk(mortal.tab);
      await oracle.agree({ tabs: [mortal.tab], contact: toBen }, { tabs: [other], contact: toAnn });
      times.push(Date.now() - began);
    }
    expect(missed, 'never reached').toEqual([]);
    console.log(
      `killed at ${times.length} moments in ${times.reduce((sum, time) => sum + time, 0)} ms: ` +
        `${oracle.certain.length} texts taken, ${oracle.uncertain.size} under way in a page that was killed; ` +
        'none lost, none twice, all in order',
    );
  });

  test('no key was used twice with the same nonce', () => {
    console.log(`${keys.size} pairs of key and nonce`);
    expect(keys.size).toBeGreaterThan(oracle.certain.length);
    expect(keys.repeated).toEqual([]);
  });

  test('no page complained', () => {
    expect([...ann.browser.complaints, ...ben.browser.complaints]).toEqual([]);
  });
});

/** Waits until the last that a side sent has arrived. */
async function isDelivered(tab: Tab, contact: string): Promise<void> {
  await tab.until(async (contact) => {
    const { peer } = Reflect.get(window, 'kept') as Kept;
    const last = await peer.history(contact, undefined, 20);
    return last.every(({ author, state }) => author === 'them' || state === 'delivered');
  }, contact);
}

async function hasEnded(tab: Tab, contact: string): Promise<void> {
  await tab.until(
    (contact) => (Reflect.get(window, 'kept') as Kept).contacts.get(contact)?.ended !== undefined,
    contact,
  );
}

/** Waits for something elsewhere, as long as this tab is there. */
function whileOpen(tab: Tab, waiting: Promise<void>): Promise<void> {
  const closed = new Promise<never>((_, reject) => {
    tab.page.once('close', () => {
      reject(new Error('the page is gone'));
    });
  });
  return Promise.race([waiting, closed]);
}

async function hasContact(tab: Tab, address: string): Promise<void> {
  await tab.until((address) => (Reflect.get(window, 'kept') as Kept).contacts.has(address), address);
}

function standing(tab: Tab, address: string): Promise<string | undefined> {
  return tab.page.evaluate((address) => (Reflect.get(window, 'kept') as Kept).contacts.get(address)?.standing, address);
}

function asks(tab: Tab, what: 'endConversation' | 'acceptRequest' | 'deleteHistory' | 'remove', contact: string): Promise<void> {
  return tab.page.evaluate(
    (what, contact) => {
      const { peer } = Reflect.get(window, 'kept') as Kept;
      return what === 'endConversation' ? peer.endConversation(contact, false) : peer[what](contact);
    },
    what,
    contact,
  );
}
