/**
 * What a page does with WebRTC and with its sockets, seen from underneath it: the browser's own objects are wrapped
 * before the page runs, and count.
 */
import type { Page } from 'puppeteer-core';

/** What was counted since the page was opened. */
export interface Counts {
  /** How many connections were made. */
  readonly made: number;
  /** How many candidates of the own machine the page was handed. */
  readonly gathered: number;
  /** How many candidates of others were taken in. */
  readonly taken: number;
  /** Bytes on all WebSockets, both ways. */
  readonly socketBytes: number;
}

/** The selected candidate pair of a connection that is up, by getStats. */
export interface Pair {
  readonly local: string;
  readonly remote: string;
  readonly bytes: number;
}

/** What the wrapper keeps in the page. */
interface Kept {
  readonly connections: RTCPeerConnection[];
  gathered: number;
  taken: number;
  socketBytes: number;
}

/** Wraps the page's constructors. Must run before its scripts. */
export async function watch(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(wrap);
}

function wrap(): void {
  const kept: Kept = { connections: [], gathered: 0, taken: 0, socketBytes: 0 };
  Reflect.set(window, 'watched', kept);
  class WatchedConnection extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      kept.connections.push(this);
      this.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate !== null && candidate.candidate !== '') kept.gathered += 1;
      });
    }

    override addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      if (candidate?.candidate !== undefined && candidate.candidate !== '') kept.taken += 1;
      return super.addIceCandidate(candidate);
    }
  }
  const length = (data: unknown): number => {
    if (typeof data === 'string') return data.length;
    if (data instanceof Blob) return data.size;
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return data.byteLength;
    return 0;
  };
  class WatchedSocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener('message', ({ data }) => {
        kept.socketBytes += length(data);
      });
    }

    override send(data: string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>): void {
      kept.socketBytes += length(data);
      super.send(data);
    }
  }
  Reflect.set(window, 'RTCPeerConnection', WatchedConnection);
  Reflect.set(window, 'WebSocket', WatchedSocket);
}

/** Reads what was counted. */
export function counts(page: Page): Promise<Counts> {
  return page.evaluate(() => {
    const { connections, gathered, taken, socketBytes }: Kept = Reflect.get(window, 'watched');
    return { made: connections.length, gathered, taken, socketBytes };
  });
}

/** Returns the selected pairs of all connections that are up. */
export function pairs(page: Page): Promise<Pair[]> {
  return page.evaluate(async () => {
    const { connections }: Kept = Reflect.get(window, 'watched');
    const found: { local: string; remote: string; bytes: number }[] = [];
    for (const connection of connections.filter(({ connectionState }) => connectionState === 'connected')) {
      const stats = new Map<string, Record<string, unknown>>();
      (await connection.getStats()).forEach((value: { id: string }) => stats.set(value.id, { ...value }));
      const transport = [...stats.values()].find(({ type }) => type === 'transport');
      // Firefox names the selected pair in the pair itself.
      const pair =
        stats.get(String(transport?.['selectedCandidatePairId'])) ??
        [...stats.values()].find(
          ({ type, selected, nominated, state }) =>
            type === 'candidate-pair' && (selected === true || (nominated === true && state === 'succeeded')),
        );
      if (pair === undefined) continue;
      const kind = (id: string): string => String(stats.get(String(pair[id]))?.['candidateType']);
      found.push({
        local: kind('localCandidateId'),
        remote: kind('remoteCandidateId'),
        bytes: Number(pair['bytesSent']) + Number(pair['bytesReceived']),
      });
    }
    return found;
  });
}

/** Ends every connection of the page, as a network that vanishes does: the page is not told why. */
export function cut(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { connections }: Kept = Reflect.get(window, 'watched');
    for (const connection of connections) connection.close();
  });
}
