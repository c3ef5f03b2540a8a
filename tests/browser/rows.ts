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

/** Keeps the rows of one file of benchmarks; `npm run bench` puts all together. */
export async function keep(name: string, rows: readonly Row[]): Promise<void> {
  const folder = process.env['LOWKEY_NUMBERS'];
  if (folder === undefined) throw new Error('npm run bench sets LOWKEY_NUMBERS');
  await writeFile(join(folder, `${name}.json`), JSON.stringify(rows));
}
