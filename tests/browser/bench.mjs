/** Runs the numbers and prints them as one line of JSON. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'lowkey-numbers-'));
const file = join(folder, 'numbers.json');
const { status } = spawnSync('npx', ['vitest', 'run', '--config', 'bench.config.ts'], {
  stdio: ['ignore', 2, 2],
  env: { ...process.env, LOWKEY_NUMBERS: file },
});
if (status === 0) console.log(readFileSync(file, 'utf8'));
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;
