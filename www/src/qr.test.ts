import decodeQR from 'qr/decode.js';
import { describe, expect, test } from 'vitest';

import { qrPath } from './qr.ts';

/** Draws the path as pixels, four a module, as a camera would see it. */
function pixels(text: string): { width: number; height: number; data: Uint8Array } {
  const { size, path } = qrPath(text);
  const scale = 4;
  const width = size * scale;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x = '', y = '', length = ''] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row += 1) {
      const start = (row * width + Number(x) * scale) * 4;
      for (let pixel = 0; pixel < Number(length) * scale; pixel += 1) {
        data.fill(0, start + pixel * 4, start + pixel * 4 + 3);
      }
    }
  }
  return { width, height: width, data };
}

describe('a QR code', () => {
  test.each([
    ['an invite', `https://chat.example.org/#i/${'AQog_-3xYz'.repeat(12)}`],
    ['the longest invite', `https://chat.example.org/#i/${'q'.repeat(806)}`],
    ['a text beyond ASCII', 'https://exämple.org/#i/ü'],
  ])('of %s reads as the same text', (_, text) => {
    expect(decodeQR(pixels(text))).toBe(text);
  });

  test('has a quiet zone of four modules', () => {
    const { size, path } = qrPath('x');
    const starts = [...path.matchAll(/M(\d+) (\d+)h(\d+)/g)].map((run) => run.slice(1).map(Number));
    for (const [x = 0, y = 0, length = 0] of starts) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(4);
      expect(Math.max(x + length, y + 1)).toBeLessThanOrEqual(size - 4);
    }
  });
});
