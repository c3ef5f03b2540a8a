// Generated from web-peer by `cargo xtask check --bless`, not by hand: a change of the API shows in review.

/** Every promise rejects, and every function throws, with an `Error` that has one of these. */
export type ErrorCode =
| "addressEmpty" | "addressCharacter" | "addressChecksum" | "addressLength"
| "addressMixedCase" | "addressOtherKind" | "addressNewerVersion" | "addressBadKey"
| "inviteMalformed" | "inviteExpired"
| "phraseWordCount" | "phraseUnknownWord" | "phraseChecksum"
| "ownAddress" | "contactExists" | "unknownContact" | "blocked" | "notAccepted"
| "unknownMessage" | "emptyText" | "textTooLong" | "nameTooLong"
| "requestFull" | "outboxFull" | "contactsFull" | "outOfOrder" | "inUseElsewhere"
| "outOfOrder"
| "locked" | "passphraseWrong"
| "identityGone" | "identityExists" | "storageNewer" | "storageDamaged"
| "backupMalformed" | "backupOtherIdentity" | "backupNewer"
| "storageFailed" | "storageFull" | "storageBusy" | "outdated" | "stopped" | "internal";

/** What takes too long for the page's thread. */
export type SlowTask =
| {
    type: "stretch";
    passphrase: string;
    salt: Uint8Array;
    memoryKib: number;
    passes: number;
    lanes: number;
}
| { type: "sealAge"; archive: Uint8Array; secret: Uint8Array }
| { type: "openAge"; file: Uint8Array; secret: Uint8Array };

/** Has a worker do a task; rejects with an `Error` that has a `code` like the peer's. */
export type Slow = (task: SlowTask) => Promise<Uint8Array>;

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
    /**
     * Who ended the last conversation, as long as no new one has begun.
     */
    ended?: EndedBy;
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
     * Twelve words to restore; without them the identity that is kept here is opened, or a new
     * one is made where none was.
     */
    phrase?: string;
    /**
     * What opens a profile that is locked.
     */
    passphrase?: string;
    /**
     * The origin of the page's relay; without it, the page's own origin.
     */
    relay?: string;
    /**
     * Begin anew although an identity is or was here: deletes what is stored, ends every tab's
     * peer.
     */
    replace?: boolean;
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
 * How the peer keeps what it knows.
 */
export interface StorageView {
    /**
     * Whether it is kept on this device: else it is in memory only and goes with the page.
     */
    kept: boolean;
    /**
     * Whether the browser promised not to clear it by itself; absent where it does not say.
     */
    persisted?: boolean;
    /**
     * What is wrong with it: nothing that depends on it is sent until that has passed.
     */
    problem?: StorageProblem;
    /**
     * Whether a passphrase locks it.
     */
    locks: boolean;
}

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
 * What a backup brought.
 */
export interface Imported {
    /**
     * Contacts that were not here.
     */
    contacts: number;
    /**
     * Messages that were not here.
     */
    messages: number;
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
 * What a search found.
 */
export interface Found {
    /**
     * The messages, newest first.
     */
    messages: Message[];
    /**
     * Whether the whole history was searched: right after the start it is not read yet.
     */
    complete: boolean;
}

/**
 * What can be wrong with storage.
 */
export type StorageProblem = "full" | "failed";

/**
 * What somebody is to us.
 */
export type Standing = "invited" | "contact" | "request" | "blocked";

/**
 * What the page should know.
 */
export type PeerEvent = { type: "own"; own: OwnView } | { type: "contact"; contact: ContactView } | { type: "contactRemoved"; address: string } | { type: "message"; message: Message } | { type: "delivery"; contact: string; message: string; state: DeliveryState } | { type: "clockWrong"; offsetMs: number } | { type: "network"; network: NetworkView } | { type: "historyDeleted"; address: string } | { type: "storage"; storage: StorageView } | { type: "stopped"; why: Stopped };

/**
 * What this browser keeps of an identity.
 */
export type Profile = { type: "none" } | { type: "here"; locked: boolean } | { type: "gone" } | { type: "newer"; found: number } | { type: "damaged" } | { type: "denied" };

/**
 * Whether others can find us.
 */
export type Findable = "notYet" | "yes" | "no" | "inUseElsewhere";

/**
 * Whether strangers who hold our address may see that we are there.
 */
export type PresenceMode = "visible" | "hidden";

/**
 * Who ended a conversation.
 */
export type EndedBy = "us" | "them";

/**
 * Who wrote a message.
 */
export type Author = "me" | "them";

/**
 * Why a peer has ended.
 */
export type Stopped = "closed" | "locked" | "replaced" | "outdated";

/**
 * A peer: one identity, its contacts and conversations, and its place in the network. One tab of a
 * profile runs it, and every tab uses it alike.
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
     * Ends the peer in this tab; `stopped` is the last event. Another tab takes over.
     */
    close(): Promise<void>;
    /**
     * Makes an invite link's fragment, `#i/…`, to stand behind a page's origin and `/`.
     */
    createInvite(): Promise<string>;
    /**
     * Deletes the history of a conversation, here.
     */
    deleteHistory(contact: string): Promise<void>;
    /**
     * Drops a request silently; the key may ask again after a day.
     */
    deleteRequest(contact: string): Promise<void>;
    /**
     * Ends the conversation with a contact: its keys are erased on both sides, what had not gone
     * out is not sent, and with `burn` its history is deleted here. The next message begins anew.
     */
    endConversation(contact: string, burn: boolean): Promise<void>;
    /**
     * Returns a backup of contacts and history, sealed to the twelve words: an age file.
     */
    exportBackup(): Promise<Uint8Array>;
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
     * Takes a backup in, beside what is here.
     */
    importBackup(file: Uint8Array): Promise<Imported>;
    /**
     * Returns the last message of each conversation.
     */
    lastMessages(): Promise<Message[]>;
    /**
     * Returns at most `limit` messages after the one with the order `after`, ascending.
     */
    later(contact: string, after: string, limit: number): Promise<Message[]>;
    /**
     * Locks: every tab's peer ends and forgets the keys.
     */
    lock(): Promise<void>;
    /**
     * Marks what has come from this contact as seen on this screen.
     */
    markSeen(contact: string): Promise<void>;
    /**
     * Opens the peer of this profile, or joins the tab that has it open. Events come until
     * `stopped`. Rejects with `locked`, `passphraseWrong`, `identityGone`, `identityExists`,
     * `storageNewer`, `storageDamaged` or `outdated` where a person must decide.
     */
    static open(options: OpenOptions, on_event: (event: PeerEvent) => void, slow: Slow): Promise<Peer>;
    /**
     * Asks the browser not to clear what is kept here by itself; returns what it says.
     */
    persist(): Promise<boolean>;
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
     * Searches the texts of all conversations: each word must occur; newest first.
     */
    search(text: string, limit: number): Promise<Found>;
    /**
     * Queues a text; returns the message's id.
     */
    send(contact: string, text: string): Promise<string>;
    /**
     * Sets the passphrase without which this profile cannot be opened, or none; `current` is the
     * one before.
     */
    setLock(passphrase?: string | null, current?: string | null): Promise<void>;
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
 * Looks what this browser keeps of an identity, without opening it.
 */
export function look(): Promise<Profile>;

/**
 * Parses an address or an invite link without a peer.
 */
export function parseAddress(text: string): ParsedAddress;

/**
 * Runs once when the module is loaded: a panic must be readable in the console.
 */
export function start(): void;
