/** The only file that touches the wasm: loads it, and hands out what it exports. */
import wasmUrl from './wasm/lowkey_web_peer_bg.wasm?url';
import init, { Peer, keyPattern, look, parseAddress } from './wasm/lowkey_web_peer.js';
import type { Port } from './session.ts';

/** Loads the wasm; rejects when it cannot be fetched or compiled. */
export async function loadPeer(): Promise<Port> {
  await init({ module_or_path: new URL(wasmUrl, import.meta.url) });
  return {
    look,
    open: (options, onEvent) =>
      Peer.open(options, onEvent, async (task) => (await import('./slow.ts')).slow(task)),
    parseAddress,
    keyPattern,
  };
}
