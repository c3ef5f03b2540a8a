/**
 * The types of the generated bindings, for checking before they are built.
 * Once built, `src/wasm/` shadows this file (`rootDirs` in tsconfig.json).
 */
export default function init(input?: { module_or_path: URL | string }): Promise<unknown>;
/** Parses an address or an invite link without a peer. Throws PeerError. */
export function parseAddress(text: string): ParsedAddress;
/** The pattern of a key: `cells` of a 5x5 grid mirrored left-right, one hue 0..360, from the key's hash. */
export function keyPattern(address: string): KeyPattern;
export class Peer {
  static open(options: OpenOptions, onEvent: (event: PeerEvent) => void): Promise<Peer>;
  add(addressOrLink: string, name?: string): Promise<string>;      // returns the address
  rename(contact: string, name?: string): Promise<void>;
  remove(contact: string): Promise<void>;
  block(contact: string): Promise<void>;
  unblock(contact: string): Promise<void>;
  acceptRequest(contact: string): Promise<void>;
  deleteRequest(contact: string): Promise<void>;
  send(contact: string, text: string): Promise<string>;            // message id
  retry(contact: string, message: string): Promise<void>;
  reach(contact: string): Promise<void>;                           // the conversation was opened: look them up now
  markSeen(contact: string): Promise<void>;
  setPresence(mode: PresenceMode): Promise<void>;
  setName(name?: string): Promise<void>;
  createInvite(): Promise<string>;                                 // "#i/…": put location.origin + "/" before it
  showPhrase(): Promise<string>;                                   // twelve words with blanks between
  useHere(): Promise<void>;
  safetyNumber(contact: string): Promise<string>;                  // 60 digits
  history(contact: string, before: string | undefined, limit: number): Promise<Message[]>; // ascending
  reconnect(): Promise<void>;                                      // try the relays now
  close(): Promise<void>;
}
export type OpenOptions = { phrase?: string; relay?: string };     // relay: origin of the page's relay; default location.origin
export type PresenceMode = "visible" | "hidden";
export type ParsedAddress = { address: string; name?: string; expired: boolean };
export type KeyPattern = { cells: boolean[]; hue: number };        // 25 cells, row by row
export type PeerEvent =
  | { type: "own"; own: OwnView }
  | { type: "contact"; contact: ContactView }
  | { type: "contactRemoved"; address: string }
  | { type: "message"; message: Message }
  | { type: "delivery"; contact: string; message: string; state: DeliveryState }
  | { type: "clockWrong"; offsetMs: number }                       // 0: right again
  | { type: "network"; network: NetworkView }
  | { type: "storageFailed" }
  | { type: "stopped" };                                           // the peer has ended and answers no more
export type OwnView = { address: string; name?: string; presence: PresenceMode; findable: "notYet" | "yes" | "no" | "inUseElsewhere" };
export type ContactView = {
  address: string; petname?: string; ownName?: string;             // ownName: "calls themselves …", unproven
  standing: "invited" | "contact" | "request" | "blocked";
  reach: Reach; unread: number; newInstall: boolean;
};
export type Reach = { type: "notOnline" } | { type: "looking" } | { type: "throughRelay"; relay: string } | { type: "direct" };
export type Message = {
  contact: string; id: string; author: "me" | "them"; text: string; sentMs: number;
  order: string;                                                   // sort key: plain string comparison
  state: DeliveryState; gapBefore: boolean;
};
export type DeliveryState = "waiting" | "sending" | "sentAwaitingAnswer" | "delivered" | "notSent";
export type NetworkView = { online: boolean; relays: RelayView[] };// online: navigator says so
export type RelayView = { name: string; address: string; state: "connecting" | "connected" | "lost"; reserved: boolean; roundTripMs?: number };
/** Every promise rejects with an Error that has a stable `code`. */
export type ErrorCode =
  | "addressEmpty" | "addressCharacter" | "addressChecksum" | "addressLength" | "addressMixedCase" | "addressOtherKind" | "addressNewerVersion" | "addressBadKey"
  | "inviteMalformed" | "inviteExpired"
  | "phraseWordCount" | "phraseUnknownWord" | "phraseChecksum"
  | "ownAddress" | "contactExists" | "unknownContact" | "blocked" | "notAccepted" | "unknownMessage" | "emptyText" | "textTooLong" | "nameTooLong"
  | "requestFull" | "outboxFull" | "contactsFull" | "inUseElsewhere" | "storageFailed" | "stopped" | "internal";
