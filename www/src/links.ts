/** Text of people, cut into plain text and links. Text stays text: nothing here makes HTML. */
import { LinkifyIt } from 'linkify-it';

export type Token = { type: 'text'; text: string } | { type: 'link'; text: string; href: string };

const finder = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false });

/** Returns the pieces of a text, in order; together they are the text again. */
export function tokens(text: string): Token[] {
  const found = finder.match(text) ?? [];
  const list: Token[] = [];
  let end = 0;
  for (const match of found) {
    const href = safeHref(match.url);
    if (href === undefined) continue;
    if (match.index > end) list.push({ type: 'text', text: text.slice(end, match.index) });
    list.push({ type: 'link', text: match.raw, href });
    end = match.lastIndex;
  }
  if (end < text.length) list.push({ type: 'text', text: text.slice(end) });
  return list;
}

/** Returns a link that leads to the web or to a mail program, and nothing else. */
function safeHref(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return ['http:', 'https:', 'mailto:'].includes(protocol) ? href : undefined;
}
