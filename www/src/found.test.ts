import { describe, expect, test } from 'vitest';

import { excerpt, holdsAll, wordsIn } from './found.ts';

function marked(text: string, search: string): string {
  return excerpt(text, wordsIn(search))
    .map((piece) => (piece.isHit ? `[${piece.text}]` : piece.text))
    .join('');
}

describe('an excerpt', () => {
  test.each([
    ['Ferry at eight?', 'ferry', '[Ferry] at eight?'],
    ['Ferry at eight?', 'eight fer', '[Fer]ry at [eight]?'],
    ['one\n\ntwo   three', 'three', 'one two [three]'],
    ['aaaa', 'aa', '[aaaa]'],
    ['abc', 'ab bc', '[abc]'],
    ['nothing', 'zeppelin', 'nothing'],
    ['\u0130stanbul is far', 'is', '\u0130stanbul [is] far'],
    ['Straße 😀 Straße', '😀', 'Straße [😀] Straße'],
  ])('of %s marks %s', (text, search, line) => {
    expect(marked(text, search)).toBe(line);
  });

  test('of a long text stands around the first word', () => {
    const line = marked(`${'word '.repeat(100)}needle ${'word '.repeat(100)}`, 'needle');
    expect(line.startsWith('…word')).toBe(true);
    expect(line).toContain('[needle]');
    expect(line.length).toBeLessThan(170);
  });
});

test('every word must occur, in any case', () => {
  expect(holdsAll('Ferry at Eight', wordsIn('eight FERRY'))).toBe(true);
  expect(holdsAll('Ferry at Eight', wordsIn('eight nine'))).toBe(false);
});
