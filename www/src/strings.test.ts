import { describe, expect, test } from 'vitest';

import { strings } from './strings.ts';

describe('the sentences', () => {
  test('about problems are whole sentences', () => {
    for (const [code, sentence] of Object.entries(strings.problems)) {
      expect(sentence, code).toMatch(/[.!?]$/);
      expect(sentence.length, code).toBeGreaterThan(15);
    }
  });

  test('count as people do', () => {
    expect(strings.connection.connected(1)).toBe('Connected to 1 node');
    expect(strings.connection.connected(2)).toBe('Connected to 2 nodes');
    expect(strings.sidebar.unread(0)).toBe('0 unread messages');
  });

  test('keep a name to itself', () => {
    expect(strings.chat.newMessageElsewhere('x')).toBe('New message from \u2068x\u2069');
    expect(strings.person.callsThemselves('\u202Ex')).toBe('calls themselves \u2068x\u2069');
  });
});
