/** The gallery: built from www, served on loopback under the page's own CSP, opened state by state. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const WWW = fileURLToPath(new URL('../../www', import.meta.url));

/** The relay's policy; architecture.md has it. */
const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self' wss: ws:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html lowkey-worker',
].join('; ');

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** The gallery on a port of its own. */
export class Gallery {
  readonly #server: Server;
  readonly #folder: string;

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
  }

  /** Builds the gallery into a folder of its own and serves it. */
  static async open(): Promise<Gallery> {
    const folder = await mkdtemp(join(tmpdir(), 'lowkey-gallery-'));
    await promisify(execFile)('npx', ['vite', 'build', '--mode', 'gallery', '--outDir', folder], { cwd: WWW });
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      readFile(join(folder, normalize(path))).then(
        (bytes) => {
          response.setHeader('Content-Security-Policy', CSP);
          response.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
          response.end(bytes);
        },
        () => {
          response.statusCode = 404;
          response.end();
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Gallery(server, folder);
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${String(port)}`;
  }

  url(state: string, direction: 'ltr' | 'rtl' = 'ltr'): string {
    return `${this.origin}/gallery.html?state=${state}&dir=${direction}`;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
