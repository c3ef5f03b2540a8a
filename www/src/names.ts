/** Text of people, made fit to be shown: nothing that freezes the page or turns the words around it. */

/**
 * Returns a text that is drawn in reasonable time: of a pile of combining marks the first eight remain.
 * No script needs more on one letter, and a hundred thousand freeze a page for minutes.
 */
export function calm(text: string): string {
  return text.replaceAll(/(\p{M}{8})\p{M}+/gu, '$1');
}

/** Returns a name without control characters and direction overrides, so that it reads as it is written. */
export function plainName(name: string): string {
  return calm(name.replaceAll(/[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu, ''));
}
