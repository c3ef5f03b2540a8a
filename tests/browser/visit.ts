/** A talk with somebody who comes for one moment, at which the page shall die: whatever becomes of it, the talk is whole. */
import { expect } from 'vitest';

import type { Tab } from './bare.ts';
import type { Mortal } from './crashing.ts';
import { Oracle } from './oracle.ts';
import { asks, hasEnded, isDelivered, knows, standing, whileOpen } from './told.ts';

/** Somebody new, in a tab of their own. */
export interface Guest {
  readonly name: string;
  readonly tab: Tab;
}

/** The page that dies, and its guest. */
export class Visit {
  readonly #mortal: Mortal;
  readonly #guest: Guest;
  readonly #moment: string;
  /** How the page and its guest name each other. */
  readonly #addresses: { readonly page: string; readonly guest: string };
  readonly #oracle = new Oracle();
  /** Whether the moment has come. */
  died = false;

  private constructor(mortal: Mortal, guest: Guest, moment: string, addresses: { page: string; guest: string }) {
    this.#mortal = mortal;
    this.#guest = guest;
    this.#moment = moment;
    this.#addresses = addresses;
  }

  static async of(mortal: Mortal, guest: Guest, moment: string): Promise<Visit> {
    const addresses = { page: await mortal.tab.address(), guest: await guest.tab.address() };
    return new Visit(mortal, guest, moment, addresses);
  }

  /** The guest asks, and is accepted. */
  async guestAsks(): Promise<void> {
    const { guest, page } = this.#addresses;
    await this.#guest.tab.add(page);
    await this.#guestWrites();
    await this.#step((mine) => knows(mine, guest));
    await knows(this.#mortal.tab, guest);
    await this.#step((mine) => asks(mine, 'acceptRequest', guest));
    if ((await standing(this.#mortal.tab, guest)) !== 'contact') await asks(this.#mortal.tab, 'acceptRequest', guest);
  }

  /** The guest is asked, and accepts. */
  async guestIsAsked(): Promise<void> {
    const { guest, page } = this.#addresses;
    await this.#guest.tab.isFindable();
    await this.#mortal.tab.add(guest);
    const accepting = this.#guest.tab.accept(page);
    await this.#step(async (mine) => {
      await this.#pageWrites(mine);
      await whileOpen(mine, accepting);
      await isDelivered(mine, guest);
    });
    await this.#pageWrites(this.#mortal.tab);
    await accepting;
  }

  /** Both write, and show the same then. */
  async talk(): Promise<void> {
    await Promise.all([this.#guestWrites(), this.#step((mine) => this.#arrives(mine))]);
    await this.#pageWrites(this.#mortal.tab);
    await this.#agree();
  }

  /** The page ends the conversation, and both begin another one. */
  async end(): Promise<void> {
    const { guest, page } = this.#addresses;
    // What is under way when a conversation ends is given up, and nobody promised it.
    await Promise.all([isDelivered(this.#mortal.tab, guest), isDelivered(this.#guest.tab, page)]);
    await this.#step((mine) => asks(mine, 'endConversation', guest));
    // The second time, nothing happens.
    await asks(this.#mortal.tab, 'endConversation', guest);
    await hasEnded(this.#guest.tab, page);
    await this.talk();
  }

  /** The page deletes its history: all of it, or nothing if it died before that was stored. */
  async deleteHistory(): Promise<void> {
    const { guest, page } = this.#addresses;
    const before = await this.#mortal.tab.history(guest);
    await this.#step((mine) => asks(mine, 'deleteHistory', guest));
    const after = await this.#mortal.tab.history(guest);
    expect(after, this.#moment).toEqual(this.#moment === 'delete.before-persist' ? before : []);
    await this.#guestWrites();
    await isDelivered(this.#guest.tab, page);
    const since = (await this.#mortal.tab.history(guest)).slice(after.length).map(({ text }) => text);
    expect(since).toEqual(this.#oracle.certain.filter((text) => text.startsWith(this.#guest.name)).slice(-1));
  }

  /** The guest goes for good. Whoever is gone would be looked for at each beginning. */
  async goodbye(): Promise<void> {
    await this.#guest.tab.page.close();
    await asks(this.#mortal.tab, 'remove', this.#addresses.guest);
  }

  /** Does something at which the page shall die, if it has not yet. */
  async #step(act: (tab: Tab) => Promise<void>): Promise<void> {
    if (this.died) await act(this.#mortal.tab);
    else this.died = await this.#mortal.dies(this.#moment, act);
  }

  #guestWrites(): Promise<void> {
    return this.#oracle.write(this.#guest.tab, this.#guest.name, this.#addresses.page, 1);
  }

  #pageWrites(mine: Tab): Promise<void> {
    return this.#oracle.write(mine, 'Ann', this.#addresses.guest, 1);
  }

  async #arrives(mine: Tab): Promise<void> {
    await this.#pageWrites(mine);
    await isDelivered(mine, this.#addresses.guest);
  }

  #agree(): Promise<void> {
    const ours = { tabs: [this.#mortal.tab], contact: this.#addresses.guest };
    return this.#oracle.agree(ours, { tabs: [this.#guest.tab], contact: this.#addresses.page });
  }
}
