/** How people appear: names, lists, words about the connection. Pure functions of the state. */
import type { ContactView, Message, NetworkView, Reach, StorageView } from './api.ts';
import { holdsAll, wordsIn } from './found.ts';
import { shortAddress } from './format.ts';
import { plainName } from './names.ts';
import { emptyConversation, lastOf, type State } from './store.ts';
import { strings } from './strings.ts';

/** Returns our own name for somebody, or the short address. What they call themselves is unproven, so it is not a name. */
export function nameOf(contact: ContactView): string {
  const name = plainName(contact.petname ?? '');
  return name === '' ? shortAddress(contact.address) : name;
}

/** Returns what somebody calls themselves, where we have no name for them. */
export function claimedName(contact: ContactView): string | undefined {
  return contact.petname === undefined ? contact.ownName : undefined;
}

/** Returns the name for an address, known or not. */
export function nameFor(state: State, address: string): string {
  const contact = state.contacts.get(address);
  return contact === undefined ? shortAddress(address) : nameOf(contact);
}

export interface Row {
  readonly contact: ContactView;
  readonly last: Message | undefined;
  readonly draft: string;
}

/** Returns the conversations, the newest first; those without messages, just added, stand above all. */
export function conversations(state: State): Row[] {
  return rows(state, (contact) => contact.standing === 'contact' || contact.standing === 'invited');
}

/** Returns the people who ask. */
export function requests(state: State): Row[] {
  return rows(state, (contact) => contact.standing === 'request');
}

/** Returns the people who are blocked. */
export function blocked(state: State): Row[] {
  return rows(state, (contact) => contact.standing === 'blocked');
}

/** Returns the rows in whose name, address or own name all the words occur. */
export function matching(list: readonly Row[], text: string): Row[] {
  const words = text.toLocaleLowerCase(strings.language).split(/\s+/u).filter(Boolean);
  return list.filter(({ contact }) => {
    const hay = [contact.petname, contact.ownName, contact.address]
      .join('\n')
      .toLocaleLowerCase(strings.language);
    return words.every((word) => hay.includes(word));
  });
}

/** Returns whether there is somebody whom we know. */
export function hasPeople(contacts: Iterable<ContactView>): boolean {
  for (const { standing } of contacts) if (standing === 'contact' || standing === 'invited') return true;
  return false;
}

/** Returns the messages that were found, as far as they hold all the words that stand in the field now. */
export function foundMessages({ search }: State): readonly Message[] {
  const words = wordsIn(search.text);
  return search.found?.messages.filter(({ text }) => holdsAll(text, words)) ?? [];
}

/** Returns how many messages have not been seen, in conversations and requests. */
export function unreadCount(state: State): number {
  let count = 0;
  for (const contact of state.contacts.values()) {
    if (contact.standing !== 'blocked') count += contact.unread;
  }
  return count;
}

/** Returns how many of our messages to somebody are on their way, as far as they are loaded: the newest always are. */
export function undelivered(state: State, address: string): number {
  const { messages, tail } = state.conversations.get(address) ?? emptyConversation;
  const isOnItsWay = ({ author, state: to }: Message): boolean =>
    author === 'me' && (to === 'waiting' || to === 'sending' || to === 'sentAwaitingAnswer');
  return messages.filter(isOnItsWay).length + tail.filter(isOnItsWay).length;
}

/** Returns where everything is kept, in a word or two. */
export function storageWords(storage: StorageView | undefined): string {
  if (storage === undefined) return '';
  return storage.kept ? strings.storage.kept : strings.storage.memory;
}

/** Returns how somebody is reached, in words. */
export function reachWords(reach: Reach): string {
  switch (reach.type) {
    case 'notOnline':
      return strings.reach.notOnline;
    case 'looking':
      return strings.reach.looking;
    case 'throughRelay':
      return strings.reach.throughRelay(reach.relay);
    case 'direct':
      return strings.reach.direct;
    default:
      return reach satisfies never;
  }
}

/** How we stand with the network. */
export interface OwnConnection {
  readonly type: 'connected' | 'looking' | 'offline';
  readonly words: string;
}

/** Returns our own connection in words. */
export function ownConnection(network: NetworkView | undefined): OwnConnection {
  if (network?.online === false) return { type: 'offline', words: strings.connection.offline };
  const count = network?.relays.filter((relay) => relay.state === 'connected').length ?? 0;
  return count === 0
    ? { type: 'looking', words: strings.connection.looking }
    : { type: 'connected', words: strings.connection.connected(count) };
}

/** Returns the report of the network panel: nodes, states and times, nothing about people. */
export function networkReport(state: State, agent: string): string {
  const relays = state.network?.relays ?? [];
  const lines = relays.map((relay) =>
    [
      relay.name,
      relay.address,
      relay.state,
      relay.reserved ? 'reserved' : 'not reserved',
      relay.roundTripMs === undefined ? '' : strings.network.roundTrip(relay.roundTripMs),
    ]
      .filter(Boolean)
      .join(' · '),
  );
  const direct = (state.network?.direct ?? []).map((way) =>
    ['direct', way.local, way.remote, way.roundTripMs === undefined ? '' : strings.network.roundTrip(way.roundTripMs)]
      .filter(Boolean)
      .join(' · '),
  );
  return [
    `LowKey ${LOWKEY_VERSION}`,
    agent,
    ownConnection(state.network).words,
    strings.storage.report(
      state.storage?.kept ?? false,
      String(state.storage?.persisted ?? 'unknown'),
      state.storage?.problem ?? 'none',
    ),
    `findable: ${state.own?.findable ?? 'notYet'} · clock offset: ${String(state.clockOffsetMs)} ms`,
    ...lines,
    ...direct,
  ].join('\n');
}

function rows(state: State, is: (contact: ContactView) => boolean): Row[] {
  const list = [...state.contacts.values()].filter(is).map((contact) => {
    const conversation = state.conversations.get(contact.address);
    return { contact, last: conversation === undefined ? undefined : lastOf(conversation), draft: conversation?.draft ?? '' };
  });
  return list.sort((a, b) => sortTime(b) - sortTime(a));
}

/** A finite moment after all others: the difference of two of them is a number. */
function sortTime(row: Row): number {
  return row.last?.sentMs ?? Number.MAX_SAFE_INTEGER;
}
