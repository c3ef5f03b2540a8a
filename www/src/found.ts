/** What was found: where the words stand in a text, and the piece of it that is worth a line. */

/** A piece of a text, and whether it is one of the words. */
export interface Piece {
  readonly text: string;
  readonly isHit: boolean;
}

/** How much of a text stands before the first word that was found, in characters. */
const lead = 24;
const length = 160;

/** Returns the words of a search, as they are compared. */
export function wordsIn(text: string): string[] {
  return text.toLowerCase().split(/\s+/u).filter(Boolean);
}

/** Returns whether all the words occur, as the peer's index compares them: without regard to capital letters. */
export function holdsAll(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

/** Returns a line of a text around the first word, in pieces; together they are that line. */
export function excerpt(text: string, words: readonly string[]): Piece[] {
  const line = text.replaceAll(/\s+/gu, ' ').trim();
  const hits = hitsIn(line, words);
  const first = hits[0]?.[0] ?? 0;
  const start = first <= lead ? 0 : wordStart(line, first - lead);
  const end = Math.min(line.length, start + length);
  const pieces: Piece[] = start === 0 ? [] : [{ text: '…', isHit: false }];
  let at = start;
  for (const [from, to] of hits) {
    if (from >= end) break;
    if (from > at) pieces.push({ text: line.slice(at, from), isHit: false });
    pieces.push({ text: line.slice(from, to), isHit: true });
    at = to;
  }
  if (at < end) pieces.push({ text: line.slice(at, end), isHit: false });
  return pieces;
}

/** Returns the ranges of a text that are one of the words, ascending, none over another. */
function hitsIn(text: string, words: readonly string[]): [from: number, to: number][] {
  const { lower, places } = lowered(text);
  const ranges: [number, number][] = [];
  for (const word of words) {
    for (let at = lower.indexOf(word); at !== -1; at = lower.indexOf(word, at + word.length)) {
      ranges.push([places[at] ?? 0, places[at + word.length] ?? text.length]);
    }
  }
  ranges.sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** Returns a text in small letters, and for each of its places that in the text: a small letter may be longer. */
function lowered(text: string): { lower: string; places: number[] } {
  const places: number[] = [];
  let lower = '';
  let at = 0;
  for (const char of text) {
    const small = char.toLowerCase();
    places.push(...Array.from({ length: small.length }, () => at));
    lower += small;
    at += char.length;
  }
  places.push(at);
  return { lower, places };
}

/** Returns the beginning of the word that stands at a place, if it is near. */
function wordStart(line: string, at: number): number {
  const blank = line.indexOf(' ', at);
  return blank !== -1 && blank < at + lead / 2 ? blank + 1 : at;
}
