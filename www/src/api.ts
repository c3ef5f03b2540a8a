/** The types of the JS API, for files that must not touch the wasm itself: all but `peer.ts`. */
export type * from './wasm/lowkey_web_peer.js';
