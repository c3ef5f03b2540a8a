/** Times, lengths and addresses as people read them. */
import { calm } from './names.ts';
import { once } from './once.ts';
import { strings } from './strings.ts';

const day = 86_400_000;
const { language } = strings;
/** Words in the language of the page, hours as the person's system counts them. */
const hourCycle = once(() => new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions().hourCycle ?? 'h23');
const dates = (options: Intl.DateTimeFormatOptions): (() => Intl.DateTimeFormat) =>
  once(() => new Intl.DateTimeFormat(language, options));
const clocks = (options: Intl.DateTimeFormatOptions): (() => Intl.DateTimeFormat) =>
  once(() => new Intl.DateTimeFormat(language, { ...options, hourCycle: hourCycle() }));
const clock = clocks({ hour: 'numeric', minute: '2-digit' });
const weekday = dates({ weekday: 'long' });
const dayAndMonth = dates({ day: 'numeric', month: 'long' });
const fullDate = dates({ dateStyle: 'long' });
const shortDate = dates({ day: 'numeric', month: 'short' });
const fullTime = clocks({ dateStyle: 'full', timeStyle: 'short' });
const relative = once(() => new Intl.RelativeTimeFormat(language, { numeric: 'auto' }));
const spans = (unit: 'minute' | 'hour' | 'day'): Intl.NumberFormat =>
  new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: 0,
  });

/** Returns the time of day. */
export function timeOfDay(ms: number): string {
  return clock().format(ms);
}

/** Returns the whole date and time, for a tooltip and for screen readers. */
export function wholeTime(ms: number): string {
  return fullTime().format(ms);
}

/** Returns the name of a day as seen from now: today, yesterday, a weekday, a date. */
export function dayName(ms: number, nowMs: number): string {
  const ago = daysBetween(ms, nowMs);
  if (ago === 0 || ago === 1) return capitalised(relative().format(-ago, 'day'));
  if (ago > 1 && ago < 7) return weekday().format(ms);
  return isSameYear(ms, nowMs) ? dayAndMonth().format(ms) : fullDate().format(ms);
}

/** Returns the short time for a list: the clock today, then the day. */
export function listTime(ms: number, nowMs: number): string {
  const ago = daysBetween(ms, nowMs);
  if (ago === 0) return timeOfDay(ms);
  if (ago === 1) return capitalised(relative().format(-1, 'day'));
  if (ago > 1 && ago < 7) return weekday().format(ms);
  return shortDate().format(ms);
}

/** Returns whether two moments fall on the same local day. */
export function isSameDay(a: number, b: number): boolean {
  return daysBetween(a, b) === 0;
}

/** Returns a span in its largest fitting unit: "3 hours". */
export function span(ms: number): string {
  const size = Math.abs(ms);
  if (size < 7_200_000) return spans('minute').format(Math.round(size / 60_000));
  if (size < 2 * day) return spans('hour').format(Math.round(size / 3_600_000));
  return spans('day').format(Math.round(size / day));
}

/** Returns the length of a text as it travels. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Returns a text without what would break a line of a list: at most `limit` characters, on one line. */
export function oneLine(text: string, limit = 160): string {
  return calm(text.slice(0, limit * 4)).replace(/\s+/gu, ' ').slice(0, limit);
}

/** Returns an address short enough for a list, with the parts that differ. */
export function shortAddress(address: string): string {
  // Every address begins with lowkey1; what is shown are the characters that differ.
  return address.length <= 24 ? address : `${address.slice(7, 13)}…${address.slice(-5)}`;
}

/** Returns text in groups of `size`, for reading aloud and comparing. */
export function groups(text: string, size: number): string[] {
  return text.match(new RegExp(`.{1,${String(size)}}`, 'gsu')) ?? [];
}

/** Returns what in a text is meant as an address or a link; nothing when the text is words to search for. */
export function addressIn(text: string): string | undefined {
  const bare = text.trim();
  // People paste whole messages: the link or the address is taken out of them.
  const inside = /\S*#i\/\S+|\blowkey1\S*/iu.exec(bare)?.[0];
  if (inside !== undefined) return inside;
  return bare.length >= 24 && !/\s/u.test(bare) ? bare : undefined;
}

function daysBetween(earlier: number, later: number): number {
  const midnight = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((midnight(later) - midnight(earlier)) / day);
}

function isSameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}

function capitalised(text: string): string {
  const [first = ''] = text;
  return first.toLocaleUpperCase(language) + text.slice(first.length);
}
