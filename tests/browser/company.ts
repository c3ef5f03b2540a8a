/** Whom a page that dies has to do with: somebody who stays, and people who come for one moment. */
import { expect } from 'vitest';

import { BareRelay, Profile, type Tab } from './bare.ts';
import { type KeyLog, Mortal } from './crashing.ts';
import { Oracle } from './oracle.ts';
import { asks, isDelivered, knows, standing, whileOpen } from './told.ts';
import { type Guest, Visit } from './visit.ts';

/** The page, its relay, and everybody else. */
export class Company {
  /** Of the talk with the one who stays. */
  readonly oracle = new Oracle();
  readonly mortal: Mortal;
  readonly #keys: KeyLog;
  readonly #bare: BareRelay;
  readonly #ann: Profile;
  readonly #ben: Profile;
  /** The one who stays, in a tab that never dies. */
  readonly #other: Tab;
  #toAnn = '';
  #toBen = '';
  #guests = 0;
  /** Somebody who will be asked: opened ahead, since it takes ten seconds until anybody is known to be findable. */
  #findable: Promise<Guest>;

  private constructor(keys: KeyLog, bare: BareRelay, ann: Profile, ben: Profile, mortal: Mortal, other: Tab) {
    this.#keys = keys;
    this.#bare = bare;
    this.#ann = ann;
    this.#ben = ben;
    this.mortal = mortal;
    this.#other = other;
    this.#findable = this.#stranger();
  }

  /** Starts all of it, and has the two meet and talk. */
  static async meet(keys: KeyLog): Promise<Company> {
    const bare = await BareRelay.start('for tests');
    const [ann, ben] = await Promise.all([Profile.at(bare, 'chromium'), Profile.at(bare, 'chromium')]);
    const mortal = new Mortal(ann, keys);
    const [other] = await Promise.all([ben.tab('', (page) => keys.watch(page)), mortal.live()]);
    const company = new Company(keys, bare, ann, ben, mortal, other);
    await company.#begin();
    return company;
  }

  async #begin(): Promise<void> {
    [this.#toBen, this.#toAnn] = [await this.#other.address(), await this.mortal.tab.address()];
    await this.#other.isFindable();
    await this.mortal.tab.add(this.#toBen);
    await this.oracle.write(this.mortal.tab, 'Ann', this.#toBen, 1);
    await this.#other.accept(this.#toAnn);
    await this.talk();
  }

  /** What the browsers said of the pages that was no good. */
  get complaints(): string[] {
    return [...this.#ann.browser.complaints, ...this.#ben.browser.complaints];
  }

  async end(): Promise<void> {
    await Promise.all([this.#ann.end(), this.#ben.end()]);
    await this.#bare.end();
  }

  /** The page and the one who stays both write, and wait until all of it has arrived. */
  async talk(tab = this.mortal.tab): Promise<void> {
    await Promise.all([this.oracle.write(this.#other, 'Ben', this.#toAnn, 1), this.oracle.write(tab, 'Ann', this.#toBen, 1)]);
    await Promise.all([isDelivered(tab, this.#toBen), whileOpen(tab, isDelivered(this.#other, this.#toAnn))]);
  }

  /** The page and the one who stays show the same. */
  agree(): Promise<void> {
    const ours = { tabs: [this.mortal.tab], contact: this.#toBen };
    return this.oracle.agree(ours, { tabs: [this.#other], contact: this.#toAnn });
  }

  /** Somebody new asks, or is asked, and both talk; `more` is what they do then. */
  async guest(moment: string, asking: 'they' | 'we', more?: 'end' | 'deleteHistory'): Promise<boolean> {
    const visit = await Visit.of(this.mortal, await this.#comes(asking), moment);
    await (asking === 'they' ? visit.guestAsks() : visit.guestIsAsked());
    await visit.talk();
    if (more !== undefined) await visit[more]();
    await visit.goodbye();
    return visit.died;
  }

  /** Adds somebody who is never there. */
  async ghost(moment: string): Promise<boolean> {
    const { tab } = await this.#stranger();
    const address = await tab.address();
    await tab.page.close();
    const died = await this.mortal.dies(moment, async (mine) => {
      await mine.add(address);
    });
    if (died && moment === 'add.before-persist') {
      await knows(this.mortal.tab, this.#toBen);
      expect(await standing(this.mortal.tab, address)).toBe(undefined);
    } else {
      await knows(this.mortal.tab, address);
      await asks(this.mortal.tab, 'remove', address);
    }
    return died;
  }

  /** Somebody new opens a page for the first time, and dies of it. */
  async newcomer(moment: string): Promise<boolean> {
    const fresh = new Mortal(this.#named().profile, this.#keys);
    const died = await fresh.diesEarly(moment, async (tab) => {
      await tab.address();
    });
    await fresh.tab.isFindable();
    await fresh.tab.page.close();
    return died;
  }

  /** Somebody who asks, or who can be found. */
  async #comes(asking: 'they' | 'we'): Promise<Guest> {
    if (asking === 'they') return this.#stranger();
    const guest = await this.#findable;
    this.#findable = this.#stranger();
    return guest;
  }

  async #stranger(): Promise<Guest> {
    const { name, profile } = this.#named();
    return { name, tab: await profile.tab('', (page) => this.#keys.watch(page)) };
  }

  #named(): { name: string; profile: Profile } {
    const name = `guest-${String((this.#guests += 1))}`;
    return { name, profile: this.#ben.named(name) };
  }
}
