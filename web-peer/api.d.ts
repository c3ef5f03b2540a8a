// Generated from web-peer by `cargo xtask check --bless`, not by hand: a change of the API shows in review.

/** Every promise rejects, and every function throws, with an `Error` that has one of these. */
export type ErrorCode =
| "addressEmpty" | "addressCharacter" | "addressChecksum" | "addressLength"
| "addressMixedCase" | "addressOtherKind" | "addressNewerVersion" | "addressBadKey"
| "inviteMalformed" | "inviteExpired"
| "phraseWordCount" | "phraseUnknownWord" | "phraseChecksum"
| "ownAddress" | "contactExists" | "unknownContact" | "blocked" | "notAccepted"
| "unknownMessage" | "emptyText" | "textTooLong" | "nameTooLong"
| "requestFull" | "outboxFull" | "contactsFull" | "inUseElsewhere"
| "storageFailed" | "stopped" | "internal";

/**
 * A contact, request or blocked key.
 */
export interface ContactView {
    /**
     * Who.
     */
    address: string;
    /**
     * Our name for them.
     */
    petname?: string;
    /**
     * Their name for themselves, unproven.
     */
    ownName?: string;
    /**
     * What they are to us.
     */
    standing: Standing;
    /**
     * How we reach them now.
     */
    reach: Reach;
    /**
     * Messages not seen yet.
     */
    unread: number;
    /**
     * Whether they came with a new install.
     */
    newInstall: boolean;
    /**
     * Whether our IP address is hidden from them.
     */
    hidesAddress: boolean;
}

/**
 * A key's pattern, to recognise it by: never to compare by.
 */
export interface KeyPattern {
    /**
     * 25 cells, row by row, the right half a mirror of the left.
     */
    cells: boolean[];
    /**
     * A hue in degrees, 0 to 359.
     */
    hue: number;
}

/**
 * A message.
 */
export interface Message {
    /**
     * Whose conversation.
     */
    contact: string;
    /**
     * Its id, 32 hexadecimal digits.
     */
    id: string;
    /**
     * Who wrote it.
     */
    author: Author;
    /**
     * What.
     */
    text: string;
    /**
     * When, by the writer's clock; for display only.
     */
    sentMs: number;
    /**
     * Where it stands: compare as strings.
     */
    order: string;
    /**
     * How far it came.
     */
    state: DeliveryState;
    /**
     * An earlier message of theirs has not come yet.
     */
    gapBefore: boolean;
}

/**
 * A relay.
 */
export interface RelayView {
    /**
     * Its host, or the head of its peer id.
     */
    name: string;
    /**
     * Its multiaddr.
     */
    address: string;
    /**
     * How it stands.
     */
    state: RelayViewState;
    /**
     * Whether others can reach us through it.
     */
    reserved: boolean;
    /**
     * The last round trip, in milliseconds.
     */
    roundTripMs?: number;
}

/**
 * How a contact is reached.
 */
export type Reach = { type: "notOnline" } | { type: "looking" } | { type: "throughRelay"; relay: string } | { type: "direct" };

/**
 * How a peer is opened.
 */
export interface OpenOptions {
    /**
     * Twelve words to restore; without them a new identity is made.
     */
    phrase?: string;
    /**
     * The origin of the page's relay; without it, the page's own origin.
     */
    relay?: string;
}

/**
 * How a relay stands.
 */
export type RelayViewState = "connecting" | "connected" | "lost";

/**
 * How an end of a direct connection was found.
 */
export type CandidateKind = "host" | "serverReflexive" | "peerReflexive" | "relayed";

/**
 * How far a message of ours came.
 */
export type DeliveryState = "waiting" | "sending" | "sentAwaitingAnswer" | "delivered" | "notSent";

/**
 * Our own side.
 */
export interface OwnView {
    /**
     * Our address.
     */
    address: string;
    /**
     * The name that we give away.
     */
    name?: string;
    /**
     * The presence switch.
     */
    presence: PresenceMode;
    /**
     * Whether others can find us.
     */
    findable: Findable;
    /**
     * Whether our IP address is hidden from everybody.
     */
    hidesAddress: boolean;
}

/**
 * The relays of this peer.
 */
export interface NetworkView {
    /**
     * Whether the machine says that it has a network at all.
     */
    online: boolean;
    /**
     * Those that we are connected to, or try.
     */
    relays: RelayView[];
    /**
     * The direct connections whose way is known.
     */
    direct: DirectView[];
}

/**
 * The way of a direct connection.
 */
export interface DirectView {
    /**
     * How our end was found.
     */
    local: CandidateKind;
    /**
     * How their end was found.
     */
    remote: CandidateKind;
    /**
     * How long it took to answer when the way was chosen, in milliseconds.
     */
    roundTripMs?: number;
}

/**
 * What a pasted text names.
 */
export interface ParsedAddress {
    /**
     * The address, `lowkey1…`.
     */
    address: string;
    /**
     * "Calls themselves …", from an invite; unproven.
     */
    name?: string;
    /**
     * Whether the invite's time is over by this machine's clock.
     */
    expired: boolean;
}

/**
 * What somebody is to us.
 */
export type Standing = "invited" | "contact" | "request" | "blocked";

/**
 * What the page should know.
 */
export type PeerEvent = { type: "own"; own: OwnView } | { type: "contact"; contact: ContactView } | { type: "contactRemoved"; address: string } | { type: "message"; message: Message } | { type: "delivery"; contact: string; message: string; state: DeliveryState } | { type: "clockWrong"; offsetMs: number } | { type: "network"; network: NetworkView } | { type: "storageFailed" } | { type: "stopped" };

/**
 * Whether others can find us.
 */
export type Findable = "notYet" | "yes" | "no" | "inUseElsewhere";

/**
 * Whether strangers who hold our address may see that we are there.
 */
export type PresenceMode = "visible" | "hidden";

/**
 * Who wrote a message.
 */
export type Author = "me" | "them";

/**
 * A peer: one identity, its contacts and conversations, and its place in the network.
 */
export class Peer {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Accepts a request.
     */
    acceptRequest(contact: string): Promise<void>;
    /**
     * Adds a person by address or invite link; returns the address.
     */
    add(text: string, name?: string | null): Promise<string>;
    /**
     * Drops everything from this key from now on, silently.
     */
    block(contact: string): Promise<void>;
    /**
     * Ends the peer; `stopped` is the last event.
     */
    close(): Promise<void>;
    /**
     * Makes an invite link's fragment, `#i/…`, to stand behind a page's origin and `/`.
     */
    createInvite(): Promise<string>;
    /**
     * Drops a request silently; the key may ask again after a day.
     */
    deleteRequest(contact: string): Promise<void>;
    /**
     * Hides our IP address from a contact, or from everybody if none is named: with whom it is
     * hidden from we talk over relays alone.
     */
    hideAddress(contact: string | null | undefined, hide: boolean): Promise<void>;
    /**
     * Returns at most `limit` messages before the one with the order `before`, ascending.
     */
    history(contact: string, before: string | null | undefined, limit: number): Promise<Message[]>;
    /**
     * Marks what has come from this contact as seen on this screen.
     */
    markSeen(contact: string): Promise<void>;
    /**
     * Opens a peer: with the phrase given, or with a new one. Events come until `stopped`.
     */
    static open(options: OpenOptions, on_event: (event: PeerEvent) => void): Promise<Peer>;
    /**
     * Looks a contact up now, because the conversation was opened.
     */
    reach(contact: string): Promise<void>;
    /**
     * Tries the relays now, without waiting for their turn.
     */
    reconnect(): Promise<void>;
    /**
     * Forgets a contact, its sessions and its history.
     */
    remove(contact: string): Promise<void>;
    /**
     * Gives a contact another petname, or none.
     */
    rename(contact: string, name?: string | null): Promise<void>;
    /**
     * Tries now what waits, and takes back a `notSent`.
     */
    retry(contact: string, message: string): Promise<void>;
    /**
     * Returns the sixty digits to compare with this contact.
     */
    safetyNumber(contact: string): Promise<string>;
    /**
     * Queues a text; returns the message's id.
     */
    send(contact: string, text: string): Promise<string>;
    /**
     * Sets the name that invites and accepted contacts are given; none gives none.
     */
    setName(name?: string | null): Promise<void>;
    /**
     * Sets the presence switch.
     */
    setPresence(mode: PresenceMode): Promise<void>;
    /**
     * Returns the twelve words, with blanks between.
     */
    showPhrase(): Promise<string>;
    /**
     * Undoes `block`.
     */
    unblock(contact: string): Promise<void>;
    /**
     * Goes on here with a phrase that another machine uses as well.
     */
    useHere(): Promise<void>;
}

/**
 * Draws the picture of a key.
 */
export function keyPattern(address: string): KeyPattern;

/**
 * Parses an address or an invite link without a peer.
 */
export function parseAddress(text: string): ParsedAddress;

/**
 * Runs once when the module is loaded: a panic must be readable in the console.
 */
export function start(): void;
