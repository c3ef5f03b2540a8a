/** Which of the loaded messages are drawn: a bounded piece that moves with the reader. */

/** From one index up to, but without, another. */
export interface Drawn {
  readonly from: number;
  readonly to: number;
}

/** How many are drawn when a conversation opens: a screen and what lies above it, no more than opens at once. */
export const first = 30;
/** By how many it moves: as many as a frame can draw. */
export const step = 20;
/** The most that are drawn, unless that is less than a few screens. */
export const most = 160;

/** Returns the newest. */
export function drawnAtEnd(count: number): Drawn {
  return { from: Math.max(count - first, 0), to: count };
}

/** Returns those around one. */
export function drawnAround(at: number, count: number): Drawn {
  const from = Math.max(at - first / 2, 0);
  return { from, to: Math.min(from + first, count) };
}

/** Returns the piece after it has grown upwards; below it may lose what is far away. */
export function moveUp({ from, to }: Drawn, most: number): Drawn {
  const start = Math.max(from - step, 0);
  return { from: start, to: Math.min(to, start + most) };
}

/** Returns the piece after it has grown downwards. */
export function moveDown({ from, to }: Drawn, count: number, most: number): Drawn {
  const end = Math.min(to + step, count);
  return { from: Math.max(from, end - most), to: end };
}
