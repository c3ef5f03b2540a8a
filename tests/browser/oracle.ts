/** What was written and taken, kept outside of the pages; and what the two sides of a conversation must show then. */
import { expect, vi } from 'vitest';

import type { Kept, Tab } from './bare.ts';

/** One side of a conversation: any number of tabs, and the address of the other side. */
export interface Side {
  readonly tabs: readonly Tab[];
  readonly contact: string;
}

/** Long enough for a busy machine: what is late is not lost. */
const PATIENCE = { timeout: 60_000, interval: 50 } as const;

/** The oracle of one conversation. */
export class Oracle {
  /** What was under way when its tab went: it may have been taken or not. */
  readonly uncertain = new Set<string>();
  /** What was sent and stored, by each writer. */
  readonly #accepted = new Map<string, string[]>();
  /** All that was ever sent, by each writer in its order. */
  readonly #sent = new Map<string, string[]>();
  #written = 0;

  /** All that was taken: it must arrive. */
  get certain(): string[] {
    return [...this.#accepted.values()].flat();
  }

  /** Sends from one tab; what a tab took into its grave may be anywhere. */
  async write(tab: Tab, writer: string, contact: string, count: number): Promise<void> {
    const texts = Array.from({ length: count }, () => `${writer} ${(this.#written += 1)}`);
    this.#sent.set(writer, [...(this.#sent.get(writer) ?? []), ...texts]);
    try {
      await tab.send(contact, texts);
      this.#accepted.set(writer, [...(this.#accepted.get(writer) ?? []), ...texts]);
    } catch (error) {
      // A refusal of the peer is a fault; a page that is gone is what this is about.
      if (String(error).includes('PeerError')) throw error;
      texts.forEach((text) => this.uncertain.add(text));
    }
  }

  /** Waits until a side has been told of all that is certain, and that all of its own has arrived. */
  async caughtUp(tab: Tab): Promise<void> {
    await tab.until((certain) => {
      const messages = [...(Reflect.get(window, 'kept') as Kept).messages.values()];
      const texts = new Set(messages.map(({ text }) => text));
      return (
        certain.every((text) => texts.has(text)) &&
        messages.every(({ author, state }) => author === 'them' || state === 'delivered')
      );
    }, this.certain);
  }

  /** All that is certain has arrived once, in order, and all tabs of both sides show the same. */
  async agree(ours: Side, theirs: Side): Promise<void> {
    const [one, other] = [ours.tabs[0], theirs.tabs[0]];
    if (one === undefined || other === undefined) throw new Error('a side has no tab');
    const both = async (): Promise<[string[], string[]]> =>
      Promise.all([lines(one, ours.contact, 'me'), lines(other, theirs.contact, 'them')]);
    const isSettled = async (): Promise<boolean> => {
      const [here, there] = await both();
      const texts = new Set(there.map(textOf));
      return here.join('\n') === there.join('\n') && this.certain.every((text) => texts.has(text));
    };
    // Whatever is missing after that is shown by what follows.
    await vi.waitUntil(isSettled, PATIENCE).catch(() => undefined);
    const [here, there] = await both();
    const texts = there.map(textOf);
    this.holds(texts);
    expect(here).toEqual(there);
    for (const { tabs, contact } of [ours, theirs]) {
      for (const tab of tabs) expect((await tab.history(contact)).map(({ text }) => text)).toEqual(texts);
    }
  }

  /** These texts are all that is certain, nothing twice, nothing that nobody wrote, and each writer's in order. */
  holds(texts: readonly string[]): void {
    expect(texts.filter((text, at) => texts.indexOf(text) !== at), 'twice').toEqual([]);
    const has = new Set(texts);
    expect(this.certain.filter((text) => !has.has(text)), 'lost').toEqual([]);
    const known = new Set([...this.certain, ...this.uncertain]);
    expect(texts.filter((text) => !known.has(text)), 'written by nobody').toEqual([]);
    for (const [writer, sent] of this.#sent) {
      const own = new Set(sent);
      expect(texts.filter((text) => own.has(text)), writer).toEqual(sent.filter((text) => has.has(text)));
    }
  }
}

/** Returns a history as one side's; `me` is whom this tab's own side is called. */
async function lines(tab: Tab, contact: string, me: 'me' | 'them'): Promise<string[]> {
  const you = me === 'me' ? 'them' : 'me';
  return (await tab.history(contact)).map(({ author, text }) => `${author === 'me' ? me : you} ${text}`);
}

function textOf(line: string): string {
  return line.replace(/^(me|them) /, '');
}
