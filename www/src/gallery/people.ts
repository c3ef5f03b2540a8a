/** The people and messages of the gallery: fixed, so that two pictures of one state are the same. */
import type { ContactView, DeliveryState, KeyPattern, Message, OwnView } from '../api.ts';

/** A Tuesday afternoon, in the local zone of whoever looks. */
export const now = new Date(2026, 10, 24, 15, 42).getTime();
export const minute = 60_000;
export const day = 86_400_000;

const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

/** Returns an address-shaped text from a seed; its checksum is not one. */
export function address(seed: number): string {
  let state = seed * 2654435761 + 12345;
  let text = 'lowkey1q';
  while (text.length < 66) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += alphabet[state >>> 27] ?? 'q';
  }
  return text;
}

/** Returns a pattern from an address, of the same shape as the real one. */
export function pattern(of: string): KeyPattern {
  let state = 2166136261;
  for (const char of of) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16777619) >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 16;
  };
  const half = Array.from({ length: 15 }, () => next() % 2 === 0);
  const cells = Array.from({ length: 25 }, (_, index) => {
    const column = index % 5;
    const mirrored = column < 3 ? column : 4 - column;
    return half[Math.floor(index / 5) * 3 + mirrored] ?? false;
  });
  return { cells, hue: next() % 360 };
}

export const own: OwnView = { address: address(1), presence: 'visible', findable: 'yes', hidesAddress: false };

export function contact(seed: number, change: Partial<ContactView> = {}): ContactView {
  return {
    address: address(seed),
    standing: 'contact',
    reach: { type: 'notOnline' },
    unread: 0,
    newInstall: false,
    hidesAddress: false,
    ...change,
  };
}

export const anna = contact(2, {
  petname: 'Anna Lindqvist',
  ownName: 'anna',
  reach: { type: 'throughRelay', relay: 'chat.example.org' },
});

/** Returns messages from short lines: who, how long ago in minutes, what, and for mine the state. */
export function talk(
  with_: ContactView,
  lines: readonly [author: 'me' | 'them', minutesAgo: number, text: string, state?: DeliveryState, gap?: boolean][],
): Message[] {
  return lines.map(([author, minutesAgo, text, state = 'delivered', gapBefore = false], index) => ({
    contact: with_.address,
    id: `${with_.address}-${String(index)}`,
    author,
    text,
    sentMs: now - minutesAgo * minute,
    order: String(index).padStart(8, '0'),
    state,
    gapBefore,
  }));
}
