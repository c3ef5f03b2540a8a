/** Rows of a benchmark's table, as `cargo xtask bench` reads them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One number, or one beside that of a peer measured in the same run. */
export type Row =
  | { readonly name: string; readonly value: number; readonly unit: string }
  | { readonly name: string; readonly ours: number; readonly peer: number; readonly peerName: string; readonly unit: string };

export function percentile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Returns the rows of many times in milliseconds: the usual one, and one of the worst. */
export function lines(name: string, times: readonly number[]): Row[] {
  return [
    { name: `${name}, p50`, value: Math.round(median(times)), unit: 'ms' },
    { name: `${name}, p95`, value: Math.round(percentile(times, 0.95)), unit: 'ms' },
  ];
}

/** Returns the row of many times of ours beside those of a peer, in milliseconds. */
export function besides(
  name: string,
  { ours, peer }: { readonly ours: readonly number[]; readonly peer: readonly number[] },
  peerName: string,
  part = 0.5,
): Row {
  return { name, ours: percentile(ours, part), peer: percentile(peer, part), peerName, unit: 'ms' };
}

/** Keeps the rows of one file of benchmarks; `npm run bench` puts all together. */
export async function keep(name: string, rows: readonly Row[]): Promise<void> {
  const folder = process.env['LOWKEY_NUMBERS'];
  if (folder === undefined) throw new Error('npm run bench sets LOWKEY_NUMBERS');
  await writeFile(join(folder, `${name}.json`), JSON.stringify(rows));
}
