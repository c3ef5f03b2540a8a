import { describe, expect, test } from 'vitest';

import { xss } from './gallery/xss.ts';
import { tokens } from './links.ts';

function hrefs(text: string): string[] {
  return tokens(text).flatMap((token) => (token.type === 'link' ? [token.href] : []));
}

describe('links in a text', () => {
  test.each([
    ['see https://example.org/a?b=c#d.', ['https://example.org/a?b=c#d']],
    ['(http://example.org)', ['http://example.org/']],
    ['mailto:ann@example.org', ['mailto:ann@example.org']],
    ['example.org and www.example.org', []],
    ['javascript:alert(1)', []],
    ['ftp://example.org //example.org', []],
    ['data:text/html,x', []],
    ['lowkey1qyp6zpal708pp0sawrw33e6tczvk0exkxzd62r2lrhwgveqj25cmsf7ksqy', []],
  ])('%s', (text, expected) => {
    expect(hrefs(text)).toEqual(expected);
  });

  test.each(xss.map((text) => [text]))('%j is the same text again, and leads to the web or nowhere', (text) => {
    expect(tokens(text).map((token) => token.text).join('')).toBe(text);
    for (const href of hrefs(text)) expect(href).toMatch(/^(https?|mailto):/);
  });

  test('a long text without any is one piece', () => {
    const text = 'word '.repeat(20_000);
    expect(tokens(text)).toEqual([{ type: 'text', text }]);
  });
});
