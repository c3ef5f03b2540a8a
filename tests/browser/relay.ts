/** A real relay as a process of its own, which a test can kill and bring back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = process.env['LOWKEY_RELAY'];
/** The folder of the built page; without it, the relay serves what it was built with. */
const PAGE = process.env['LOWKEY_PAGE'];

export class Relay {
  #process: ChildProcess | undefined;
  /** Its page, as `http://127.0.0.1:PORT`. */
  readonly origin: string;
  readonly #folder: string;
  readonly #options: string[];

  private constructor(origin: string, folder: string, options: string[]) {
    this.origin = origin;
    this.#folder = folder;
    this.#options = options;
  }

  /** Starts a relay on a free port of the loopback; `bootstrap` are pages of other relays. */
  static start(...bootstrap: readonly Relay[]): Promise<Relay> {
    return Relay.#with(bootstrap.flatMap((other) => ['--bootstrap', other.origin]));
  }

  /** Starts one that listens for WebRTC-direct at another address of this machine. */
  static withWebRtcAt(address: string): Promise<Relay> {
    return Relay.#with(['--webrtc', `${address}:0`]);
  }

  /** Starts one that serves another page than ours. */
  static serving(page: string): Promise<Relay> {
    return Relay.#with([], page);
  }

  static async #with(chosen: readonly string[], page = PAGE): Promise<Relay> {
    const folder = await mkdtemp(join(tmpdir(), 'lowkey-relay-'));
    const options = [...chosen];
    if (page !== undefined) options.push('--assets', page);
    const { process, origin } = await run(['--listen', '127.0.0.1:0', '--data', folder, ...options]);
    const relay = new Relay(origin, folder, options);
    relay.#process = process;
    return relay;
  }

  /** Returns its WebSocket's multiaddr, or that of another way to it, with its peer id. */
  async address(way: 'ws' | 'webrtc-direct' = 'ws'): Promise<string> {
    const node = (await (await fetch(`${this.origin}/.well-known/lowkey/node.json`)).json()) as { addresses: string[] };
    const address = node.addresses.find((address) => address.includes(`/${way}/`));
    if (address === undefined) throw new Error(`the relay names no ${way}`);
    return address;
  }

  /** Kills it without a goodbye. */
  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined) return;
    const gone = once(process, 'exit');
    process.kill('SIGKILL');
    await gone;
  }

  /** Starts it again with another page, at the same origin: for a browser it is the same site. */
  async restartServing(page: string): Promise<void> {
    await this.kill();
    const at = this.#options.indexOf('--assets');
    this.#options.splice(at === -1 ? this.#options.length : at, 2, '--assets', page);
    await this.restart();
  }

  /** Starts it again: same port, same key. */
  async restart(): Promise<void> {
    const listen = this.origin.replace('http://', '');
    const { process } = await run(['--listen', listen, '--data', this.#folder, ...this.#options]);
    this.#process = process;
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function run(options: readonly string[]): Promise<{ process: ChildProcess; origin: string }> {
  if (PROGRAM === undefined) throw new Error('LOWKEY_RELAY must name the relay; cargo xtask test sets it');
  // The relay takes LOWKEY_… for its own settings; those of the tests are none.
  const process = spawn(PROGRAM, options, { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  process.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  for await (const line of createInterface({ input: process.stdout })) {
    said.push(line);
    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (origin !== undefined) {
      process.stdout.resume();
      return { process, origin };
    }
  }
  throw new Error(`the relay ended before it listened:\n${said.join('\n')}`);
}
