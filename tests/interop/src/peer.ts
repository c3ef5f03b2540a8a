/** A peer of js-libp2p that answers to the same calls as the page of `tests/webrtc-page`. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromString } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { webRTC } from '@libp2p/webrtc';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';

const PROTOCOL = '/lowkey-proof/1';
const ECHO = 0x65;
const SINK = 0x73;
const CHUNK = 64 * 1024;

type Chunk = Uint8Array | { subarray(): Uint8Array };

/** Returns the bytes of a chunk, which may be a list of parts. */
const bytesOf = (chunk: Chunk): Uint8Array => (chunk instanceof Uint8Array ? chunk : chunk.subarray());

export class Peer {
  readonly #node: Libp2p;

  private constructor(node: Libp2p) {
    this.#node = node;
  }

  static async start(): Promise<Peer> {
    const node = await createLibp2p({
      addresses: { listen: ['/webrtc'] },
      transports: [webSockets(), circuitRelayTransport(), webRTC()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      // The relay is on loopback, which is refused otherwise.
      connectionGater: { denyDialMultiaddr: () => false },
      services: { identify: identify(), ping: ping() },
    });
    await node.handle(PROTOCOL, serve, { runOnLimitedConnection: true });
    return new Peer(node);
  }

  get id(): string {
    return this.#node.peerId.toString();
  }

  /** Reserves at a relay; returns the address of the circuit to here. */
  async reserve(relay: string): Promise<string> {
    const { transportManager } = Reflect.get(this.#node, 'components') as {
      transportManager: { listen(addresses: unknown[]): Promise<void> };
    };
    await transportManager.listen([multiaddr(`${relay}/p2p-circuit`)]);
    return `${relay}/p2p-circuit/p2p/${this.id}`;
  }

  /** Dials a peer directly, by the address of a circuit to it; returns the milliseconds. */
  async dial(circuit: string): Promise<number> {
    const begin = performance.now();
    await this.#node.dial(multiaddr(circuit.replace('/p2p-circuit/', '/p2p-circuit/webrtc/')), { force: true });
    return performance.now() - begin;
  }

  async hangUp(peer: string): Promise<void> {
    // When both sides close at once, each waits for the other's streams in vain; then it ends all the same.
    const end = (connection: Connection): Promise<void> =>
      connection.close().catch((error: unknown) => {
        connection.abort(error instanceof Error ? error : new Error(String(error)));
      });
    await Promise.all(this.#direct(peer).map(end));
  }

  /** Waits until a peer is connected directly. */
  async isMet(peer: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#direct(peer).length > 0) resolve();
      };
      this.#node.addEventListener('connection:open', look);
      look();
    });
  }

  /** Sends bytes, ends the sending side, returns what comes back. */
  async echo(peer: string, bytes: Uint8Array): Promise<Uint8Array> {
    const stream = await this.#open(peer);
    const back = collect(stream);
    await send(stream, Uint8Array.of(ECHO));
    for (let at = 0; at < bytes.length; at += CHUNK) await send(stream, bytes.subarray(at, at + CHUNK));
    await stream.close();
    return back;
  }

  /** Sends so many bytes; returns the milliseconds until the other side has them all. */
  async upload(peer: string, bytes: number): Promise<number> {
    const stream = await this.#open(peer);
    const back = collect(stream);
    const begin = performance.now();
    await send(stream, Uint8Array.of(SINK));
    const chunk = new Uint8Array(CHUNK).fill(0x5a);
    for (let left = bytes; left > 0; left -= CHUNK) await send(stream, chunk.subarray(0, Math.min(left, CHUNK)));
    await stream.close();
    const count = new DataView((await back).slice().buffer).getBigUint64(0);
    if (count !== BigInt(bytes)) throw new Error(`the other side counted ${String(count)}`);
    return performance.now() - begin;
  }

  /** Sends 64 bytes and waits for them, so many times; returns the milliseconds of each. */
  async trips(peer: string, count: number): Promise<number[]> {
    const stream = await this.#open(peer);
    const chunks = stream[Symbol.asyncIterator]();
    const times: number[] = [];
    await send(stream, Uint8Array.of(ECHO));
    for (let number = 0; number < count; number += 1) {
      const begin = performance.now();
      await send(stream, new Uint8Array(64));
      for (let left = 64; left > 0; ) {
        const { done, value } = await chunks.next();
        if (done === true) throw new Error('the echo ended early');
        left -= bytesOf(value).length;
      }
      times.push(performance.now() - begin);
    }
    await stream.close();
    return times;
  }

  #direct(peer: string): Connection[] {
    return this.#node
      .getConnections(peerIdFromString(peer))
      .filter(({ limits, status }) => status === 'open' && limits === undefined);
  }

  async #open(peer: string): Promise<Stream> {
    const [connection] = this.#direct(peer);
    if (connection === undefined) throw new Error('no direct connection');
    return connection.newStream(PROTOCOL);
  }
}

/** Serves a stream of the other side. */
async function serve(stream: Stream): Promise<void> {
  let service = 0;
  let count = 0n;
  for await (const chunk of stream) {
    let bytes = bytesOf(chunk);
    if (service === 0) {
      service = bytes[0] ?? 0;
      bytes = bytes.subarray(1);
    }
    count += BigInt(bytes.length);
    if (service === ECHO && bytes.length > 0) await send(stream, bytes.slice());
  }
  if (service === SINK) {
    const answer = new DataView(new ArrayBuffer(8));
    answer.setBigUint64(0, count);
    await send(stream, new Uint8Array(answer.buffer));
  }
  await stream.close();
}

/** Sends, and waits while the stream is full. */
async function send(stream: Stream, bytes: Uint8Array): Promise<void> {
  if (!stream.send(bytes)) await stream.onDrain();
}

/** Reads until the other side ends. */
async function collect(stream: Stream): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of stream) parts.push(bytesOf(chunk).slice());
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
