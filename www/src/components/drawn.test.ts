import { describe, expect, test } from 'vitest';

import { drawnAround, drawnAtEnd, most, moveDown, moveUp, type Drawn } from './drawn.ts';

function size({ from, to }: Drawn): number {
  return to - from;
}

describe('what is drawn', () => {
  test('is all of a short conversation', () => {
    expect(drawnAtEnd(3)).toEqual({ from: 0, to: 3 });
    expect(drawnAround(1, 3)).toEqual({ from: 0, to: 3 });
    expect(drawnAtEnd(0)).toEqual({ from: 0, to: 0 });
  });

  test('stays bounded on the way up and down, and reaches both ends', () => {
    const count = 5000;
    let drawn = drawnAtEnd(count);
    for (let turn = 0; turn < count; turn += 1) {
      const next = moveUp(drawn, most);
      expect(size(next)).toBeLessThanOrEqual(most);
      // There is no hole: what is drawn next begins within what was drawn.
      expect(next.to).toBeGreaterThanOrEqual(drawn.from);
      drawn = next;
    }
    expect(drawn.from).toBe(0);
    for (let turn = 0; turn < count; turn += 1) {
      const next = moveDown(drawn, count, most);
      expect(size(next)).toBeLessThanOrEqual(most);
      expect(next.from).toBeLessThanOrEqual(drawn.to);
      drawn = next;
    }
    expect(drawn.to).toBe(count);
  });

  test('has the message that was jumped to inside', () => {
    for (const at of [0, 10, 2500, 4999]) {
      const { from, to } = drawnAround(at, 5000);
      expect(from <= at && at < to).toBe(true);
    }
  });
});
