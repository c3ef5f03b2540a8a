/** Runs the numbers and prints them as one line of JSON. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'lowkey-numbers-'));
const { status } = spawnSync('npx', ['vitest', 'run', '--config', 'bench.config.ts'], {
  stdio: ['ignore', 2, 2],
  env: { ...process.env, LOWKEY_NUMBERS: folder },
});
const rows = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
if (status === 0) console.log(JSON.stringify(rows));
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;
