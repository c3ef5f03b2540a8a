/** What a session needs: the wasm, a peer, and the page around it. Its tests hand in their own. */
import type { KeyPattern, OpenOptions, ParsedAddress, Peer, PeerEvent, Profile } from '../api.ts';

/** What the wasm gives; `peer.ts` is the real one. */
export interface Port {
  look(): Promise<Profile>;
  open(options: OpenOptions, onEvent: (event: PeerEvent) => void): Promise<OpenPeer>;
  parseAddress(text: string): ParsedAddress;
  keyPattern(address: string): KeyPattern;
}

/** The methods of a peer that the page calls: all but those that the bindings add. */
export type OpenPeer = Omit<Peer, 'free' | typeof Symbol.dispose>;

/** What the session needs of the page around it. */
export interface Page {
  readonly origin: string;
  /** The origin of the relay, where it is not the page's own. */
  readonly relay: string | undefined;
  isVisible(): boolean;
  reload(): void;
  /** Gives the person a file. */
  download(name: string, bytes: Uint8Array): void;
  /** Whether the words of the identity with this address were noted. */
  isNoted(address: string): boolean;
  note(address: string): void;
}
