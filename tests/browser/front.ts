/** An HTTP proxy in front of a relay which knows no WebSockets, as those of some networks do not. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Relay } from './relay.ts';

/** Where a relay describes itself. */
const NODE = '/.well-known/lowkey/node.json';

export class Front {
  readonly #server: Server;
  #refused = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port of loopback. */
  static async before(relay: Relay): Promise<Front> {
    const { port } = new URL(relay.origin);
    const server = createServer((near, answer) => {
      const { method, url, headers } = near;
      const far = request({ host: '127.0.0.1', port, method, path: url, headers }, (from) => {
        if (url !== NODE) {
          answer.writeHead(from.statusCode ?? 502, from.headers);
          from.pipe(answer);
          return;
        }
        // The relay's own port is as far away as if this were the only way to it.
        const text: string[] = [];
        from.setEncoding('utf8').on('data', (part: string) => text.push(part));
        from.on('end', () => {
          const { 'content-length': _, ...rest } = from.headers;
          answer.writeHead(from.statusCode ?? 502, rest);
          answer.end(text.join('').replaceAll(`/tcp/${port}/`, `/tcp/${String(front.#port)}/`));
        });
      });
      far.on('error', () => answer.destroy());
      near.pipe(far);
    });
    const front = new Front(server);
    server.on('upgrade', (_, socket) => {
      front.#refused += 1;
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  /** The relay's page, as this proxy shows it. */
  get origin(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  /** How many WebSockets were asked for, and refused. */
  get refused(): number {
    return this.#refused;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
}
