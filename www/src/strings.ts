/**
 * Every sentence of the page. Components hold no words of their own.
 *
 * Names of people go through `isolated`, so that a name in another script, or one with an override
 * character, cannot turn the words around it.
 */
import type { DeliveryState } from './api.ts';
import { plainName } from './names.ts';
import type { Consequence, Missing } from './store.ts';
import { about } from './strings/about.ts';
import { backup, ending, keep, lock, phrase, storage } from './strings/keeping.ts';
import { opening } from './strings/opening.ts';
import { problems } from './strings/problems.ts';
import { counted, isolated, language } from './strings/words.ts';

export { isolated } from './strings/words.ts';

const delivery: Record<DeliveryState, string> = {
  waiting: 'Waiting',
  sending: 'Sending',
  sentAwaitingAnswer: 'Sent, waiting for an answer',
  delivered: 'Delivered',
  notSent: 'Not sent',
};

const deliveryMeaning: Record<DeliveryState, string> = {
  waiting: 'Waiting: on this device only',
  sending: 'Sending',
  sentAwaitingAnswer: 'Sent. They have not accepted you yet, so no receipt comes back',
  delivered: 'Delivered to their device',
  notSent: 'Not sent',
};

const missing: Record<Missing, { title: string; text: string }> = {
  secureContext: {
    title: 'This connection is not secure',
    text: 'LowKey needs a page opened over https, or from localhost. Ask whoever runs this node for its https address.',
  },
  wasm: {
    title: 'This browser has WebAssembly switched off',
    text: 'LowKey’s encryption runs on it. Switch it on (Lockdown Mode on Apple devices switches it off; allow this site there), or open the page in another browser.',
  },
  webSocket: {
    title: 'This browser has no WebSocket',
    text: 'LowKey reaches its nodes through it. Open the page in a current Firefox, Chrome, Edge or Safari.',
  },
};

const confirmations: Record<
  Consequence,
  (name: string) => { title: string; text: string; action: string }
> = {
  remove: (name) => ({
    title: `Remove ${isolated(name)}?`,
    text: 'The conversation and its keys are deleted from this device. Their copy stays with them. If they write again, it arrives as a request.',
    action: 'Remove',
  }),
  block: (name) => ({
    title: `Block ${isolated(name)}?`,
    text: 'Nothing they send will reach you, and they are not told. The conversation is kept, and you can unblock them in Settings.',
    action: 'Block',
  }),
  unblock: (name) => ({
    title: `Unblock ${isolated(name)}?`,
    text: 'They can reach you again, as before. What they sent in the meantime may still arrive.',
    action: 'Unblock',
  }),
  deleteHistory: (name) => ({
    title: `Delete the messages with ${isolated(name)}?`,
    text: 'All messages of this conversation are deleted from this device. Their copy stays with them, and you can go on writing. No browser can promise that nothing is left on the disk.',
    action: 'Delete',
  }),
  deleteRequest: (name) => ({
    title: `Delete the request of ${isolated(name)}?`,
    text: 'They are not told. They can ask again after 24 hours; block them if you do not want that.',
    action: 'Delete',
  }),
};

export const strings = {
  language,
  product: 'LowKey',
  titleUnread: (count: number) => `(${String(count)}) LowKey`,
  problems,
  about,
  delivery,
  deliveryMeaning,
  missing,
  confirmations,

  close: 'Close',
  back: 'Back',
  cancel: 'Cancel',
  save: 'Save',
  saved: 'Saved',
  reload: 'Reload',
  copy: 'Copy',
  copied: 'Copied',
  copyFailed: 'Copying was refused. Select the text and copy it by hand.',

  opening,
  failed: {
    title: 'LowKey could not start',
    hint: 'Reload the page. If it happens again, open it from another node or in another browser.',
  },
  sidebar: {
    label: 'Conversations',
    you: 'You',
    myAddress: 'My address',
    settings: 'Settings',
    conversations: 'Conversations',
    requests: 'Requests',
    requestCount: (count: number) => counted(count, 'person asks to talk', 'people ask to talk'),
    empty: 'Nobody here yet.',
    draft: 'Draft:',
    me: 'You:',
    noMessages: 'No messages yet',
    unread: (count: number) => counted(count, 'unread message', 'unread messages'),
    invited: 'Not answered yet',
  },

  search: {
    label: 'Search people and messages, or paste an address or link',
    placeholder: 'Search or paste an address',
    clear: 'Clear',
    nobody: (text: string) =>
      `Nothing found for “${isolated(text)}”. To write to someone new, paste their address or link here.`,
    people: 'People',
    messages: 'Messages',
    looking: 'Looking through your messages…',
    incomplete: 'Older messages are still being read. More may come up in a moment.',
    count: (people: number, messages: number) =>
      `${counted(people, 'person', 'people')}, ${counted(messages, 'message', 'messages')} found`,
    someoneNew: 'Someone new',
    add: 'Add and write',
    known: 'Already in your list',
    open: 'Open',
  },

  welcome: {
    title: 'You are ready to talk',
    text: 'This pattern is your key, made just now. Send your link to somebody, or paste theirs.',
    share: 'Share my link',
    paste: 'Paste an address',
    words: 'I have 12 words',
    choose: 'Choose a conversation, or paste an address to start one.',
  },

  person: {
    callsThemselves: (name: string) => `calls themselves ${isolated(plainName(name))}`,
    pattern: 'Key pattern',
    details: (name: string) => `Details of ${isolated(name)}`,
  },

  chat: {
    log: (name: string) => `Messages with ${isolated(name)}`,
    empty: 'Say hello. Your first message waits for their answer: they see who asks and decide.',
    older: 'Show earlier messages',
    loading: 'Loading messages…',
    gap: 'An earlier message has not arrived yet',
    retry: 'Send again',
    tryNow: 'Try now',
    waiting: (count: number, name: string) =>
      `${counted(count, 'message waits', 'messages wait')} on this device until ${isolated(name)} can be reached.`,
    awaiting: (name: string) =>
      `${isolated(name)} has not accepted you yet. Until then there are no receipts, and at most 5 messages.`,
    newInstall: (name: string) =>
      `${isolated(name)} uses a new installation: the same key on another device or browser.`,
    from: (name: string) => `${isolated(name)} wrote`,
    fromMe: 'You wrote',
    newMessage: (name: string, text: string) => `${isolated(name)}: ${text}`,
    newMessageElsewhere: (name: string) => `New message from ${isolated(name)}`,
    blocked: (name: string) => `You blocked ${isolated(name)}. Nothing from them reaches you.`,
    unblock: 'Unblock',
    jump: 'Newest messages',
    loadingOlder: 'Loading earlier messages…',
    deleted: 'No messages here. What you write next is the first.',
  },

  reach: {
    notOnline: 'Not online',
    looking: 'Looking for them…',
    throughRelay: (relay: string) => `Through relay ${isolated(relay)} (cannot read)`,
    direct: 'Direct',
  },

  composer: {
    label: (name: string) => `Message to ${isolated(name)}`,
    placeholder: 'Message',
    send: 'Send',
    left: (bytes: number) => `Room for ${counted(bytes, 'more byte', 'more bytes')}.`,
    over: (bytes: number) =>
      `${counted(bytes, 'byte', 'bytes')} too long. A message holds 8,192: send this in parts.`,
    stopped: 'Nothing can be sent now',
  },

  requests: {
    title: 'Requests',
    text: 'People you have not added. They learn nothing, not even that you are here, until you accept.',
    empty: 'No requests. When a stranger writes to you, they wait here until you decide.',
    accept: 'Accept',
    delete: 'Delete',
    block: 'Block',
    bar: (name: string) => `${isolated(name)} asks to talk. They learn nothing until you accept.`,
    arrived: 'Someone asks to talk to you',
    accepted: (name: string) => `${isolated(name)} can talk to you now`,
    read: 'Read all',
    noText: 'They have written nothing yet.',
    one: 'Asks to talk to you',
    acceptOf: (name: string) => `Accept ${isolated(name)}`,
    deleteOf: (name: string) => `Delete the request of ${isolated(name)}`,
    blockOf: (name: string) => `Block ${isolated(name)}`,
    readOf: (name: string) => `Read all that ${isolated(name)} wrote`,
  },

  myAddress: {
    title: 'My address',
    text: 'Whoever opens this link can ask to talk to you. You decide whom you answer.',
    qr: 'QR code of your link',
    making: 'Making your link…',
    copyLink: 'Copy link',
    copyAddress: 'Copy address',
    linkCopied: 'Link copied',
    addressCopied: 'Address copied',
    share: 'Share…',
    shareText: 'Talk to me on LowKey:',
    address: 'Address',
    name: 'Name to give away',
    nameHint: 'Optional. It travels in your link and to people you accept; nothing checks it.',
    nameSaved: 'Name saved',
  },

  add: {
    title: 'Start a conversation',
    text: 'You are about to talk to the key with this pattern. They learn of you with your first message.',
    callThemselves: (name: string) =>
      `They call themselves ${isolated(plainName(name))}. Nothing proves it.`,
    name: 'Name in your list',
    nameHint: 'Only you see it.',
    action: 'Start',
    open: 'Open conversation',
    known: 'This key is already in your list.',
    expired: 'This link has run out. Ask for a new one, or add the key all the same: it stays valid.',
    badTitle: 'This link does not work',
  },

  details: {
    title: 'Details',
    address: 'Address',
    pattern: 'The pattern is drawn from the key, to recognise it by. To be sure, compare the safety number.',
    safety: 'Safety number',
    safetyText:
      'Read it to each other, or compare it in person. If all 60 digits are the same on both screens, you have each other’s true key.',
    safetyMaking: 'Working it out…',
    connection: 'Connection',
    rename: 'Rename',
    remove: 'Remove',
    block: 'Block',
    unblock: 'Unblock',
    conversation: 'This conversation',
    deleteHistory: 'Delete messages',
    unnamed: 'No name yet',
    hideAddress: (name: string) => `Hide my IP address from ${isolated(name)}`,
    addressShown: 'Once you both talk, you connect directly where the network allows: faster, and you see each other’s IP address.',
    addressHidden: 'You talk through relays only, which cannot read. They do not learn your IP address.',
    addressHiddenFromAll: 'You hide it from everybody, in Settings.',
  },

  rename: {
    title: 'Rename',
    name: 'Name in your list',
    hint: 'Only you see it. Leave it empty to show the address.',
  },

  settings: {
    title: 'Settings',
    presence: 'Who can find me',
    presenceTextVisible: 'People who have your address can see when you are here, and ask to talk.',
    presenceTextHidden: 'Nobody can look up whether you are here. You can still write first.',
    presenceVisible: 'Visible',
    presenceHidden: 'Hidden from strangers',
    hideAddress: 'Hide my IP address',
    addressShown: 'People you talk to connect to you directly where the network allows, and see your IP address.',
    addressHidden: 'All conversations go through relays, which cannot read. Nobody you talk to learns your IP address.',
    identity: 'My identity',
    notKept: 'Memory only',
    keptShort: 'Kept',
    fullShort: 'Full',
    failedShort: 'Failing',
    showPhrase: 'Show my 12 words',
    havePhrase: 'I have 12 words',
    device: 'This browser',
    others: 'Everything else',
    blocked: 'Blocked people',
    network: 'Network',
    about: 'About LowKey',
  },

  phrase,
  storage,
  keep,
  lock,
  backup,
  ending,

  blocked: {
    title: 'Blocked people',
    empty: 'You have blocked nobody.',
    unblock: (name: string) => `Unblock ${isolated(name)}`,
  },

  connection: {
    connected: (count: number) => `Connected to ${counted(count, 'node', 'nodes')}`,
    looking: 'Looking for nodes…',
    offline: 'Offline',
    openPanel: 'Open the network panel',
  },

  network: {
    title: 'Network',
    text: 'Nodes pass messages on and cannot read them. Two are enough.',
    empty: 'No node yet. The page keeps trying, with longer and longer pauses.',
    offline: 'Your device says that it is offline. Messages wait here until it is back.',
    state: { connecting: 'Connecting…', connected: 'Connected', lost: 'Lost' },
    reserved: 'holds a place for you',
    roundTrip: (ms: number) => `${String(Math.round(ms))} ms`,
    direct: 'Direct connections',
    here: (found: string) => `You: ${found}`,
    there: (found: string) => `They: ${found}`,
    found: {
      host: 'own address',
      serverReflexive: 'address seen by a node',
      peerReflexive: 'address seen by the other side',
      relayed: 'through a server',
    },
    storage: (where: string) => `Contacts and messages: ${where.toLocaleLowerCase(language)}.`,
    tryNow: 'Try now',
    trying: 'Trying now',
    copyReport: 'Copy report',
    reportCopied: 'Report copied',
    reportHint: 'The report names nodes, states and times. It names no people and no addresses of people.',
    findable: {
      notYet: 'Others cannot find you yet: your entry is being published.',
      yes: 'Others can find you by your address.',
      no: 'Others cannot find you now: too few nodes hold your entry. It is tried again by itself.',
      inUseElsewhere: 'Your identity is in use on another machine.',
    },
    hidden: 'You are hidden: nobody can look you up.',
  },

  notices: {
    label: 'Notices',
    memory: 'Kept in memory only: what you write here is gone when you close the page.',
    inUse: 'This identity is in use on another machine. Here it has stopped sending and receiving.',
    useHere: 'Use here',
    clockWrong: (by: string) =>
      `Your device’s clock is off by about ${by}. Messages still work; set the clock so that their times are right.`,
    offline: 'You are offline. What you write waits on this device.',
    connectedAgain: 'Connected again',
  },
} as const;
