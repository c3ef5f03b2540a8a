/** A TCP proxy in front of a relay, which breaks off after so many packets. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import type { Relay } from './relay.ts';

export class Valve {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #left = Infinity;
  #wasCut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port of loopback. */
  static async before(relay: Relay): Promise<Valve> {
    const { port } = new URL(relay.origin);
    const server = createServer((near) => {
      const far = connect(Number(port), '127.0.0.1');
      valve.#join(near, far);
    });
    const valve = new Valve(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return valve;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Lets so many more packets through, then breaks every connection off. */
  closeAfter(packets: number): void {
    this.#left = packets;
    this.#wasCut = false;
  }

  /** Lets everything through again; returns whether anything was broken off. */
  open(): boolean {
    this.#left = Infinity;
    return this.#wasCut;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [[near, far], [far, near]] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (packet: Buffer) => {
        if (this.#left <= 0) {
          this.#wasCut = true;
          for (const socket of this.#sockets) socket.destroy();
          return;
        }
        this.#left -= 1;
        to.write(packet);
      });
      from.on('end', () => to.end());
      // A connection that breaks is what this is for.
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
