/** How sentences hold numbers and names. */
import { once } from '../once.ts';

export const language = 'en';

const plural = once(() => new Intl.PluralRules(language));
const numbers = once(() => new Intl.NumberFormat(language, { maximumFractionDigits: 1 }));

/** Returns a name that keeps its direction to itself: FIRST STRONG ISOLATE … POP DIRECTIONAL ISOLATE. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

/** Returns a number as people write it. */
export function number(value: number): string {
  return numbers().format(value);
}

/** Returns so many of something. */
export function counted(count: number, one: string, other: string): string {
  return `${number(count)} ${plural().select(count) === 'one' ? one : other}`;
}
