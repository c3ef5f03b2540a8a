/**
 * One conversation as far as it is loaded: a stretch of messages without holes, and what came after it.
 *
 * Usually the stretch reaches to the newest message. After a jump to an old one it does not; then newer messages
 * wait in `tail` until the stretch has grown to them.
 */
import type { DeliveryState, Message } from '../api.ts';
import type { Problem } from '../problem.ts';

export interface Conversation {
  /** Ascending by `order`, each id once, nothing missing between them. */
  readonly messages: readonly Message[];
  /** Newer ones that do not follow on `messages`: empty unless `later` is something else than complete. */
  readonly tail: readonly Message[];
  readonly draft: string;
  /** Why the last text was not taken. */
  readonly problem: Problem | undefined;
  /** They came with a new installation; said until the conversation is left. */
  readonly newInstall: boolean;
  /** What comes before `messages`. */
  readonly history: 'unknown' | 'loading' | 'more' | 'complete';
  /** What comes after them. */
  readonly later: 'more' | 'loading' | 'complete';
  /** The message that was jumped to; `serial` makes a second jump to it count. */
  readonly target: Target | undefined;
}

export interface Target {
  readonly message: string;
  readonly serial: number;
}

/** Messages that were read from the history, and whether there are none beyond them. */
export interface Stretch {
  readonly messages: readonly Message[];
  readonly complete: boolean;
}

export const emptyConversation: Conversation = {
  messages: [],
  tail: [],
  draft: '',
  problem: undefined,
  newInstall: false,
  history: 'unknown',
  later: 'complete',
  target: undefined,
};

/** Returns the newest message that is known. */
export function lastOf({ messages, tail }: Conversation): Message | undefined {
  return tail.at(-1) ?? messages.at(-1);
}

/** Returns the change that a message makes that has come, or of which the peer tells anew. */
export function withMessage(held: Conversation, message: Message): Partial<Conversation> | undefined {
  const { messages, tail, history, later } = held;
  const first = messages[0];
  // What belongs before the stretch comes with the pages of the history: alone it would hide a hole.
  if (first !== undefined && message.order < first.order && history === 'more') return undefined;
  const last = messages.at(-1);
  const isBeyond = later !== 'complete' && (last === undefined || message.order > last.order);
  return isBeyond ? { tail: merge(tail, [message]) } : { messages: merge(messages, [message]) };
}

/** Returns the change that a delivery makes, if the message is loaded. */
export function withDelivery(held: Conversation, id: string, state: DeliveryState): Partial<Conversation> | undefined {
  const messages = setDelivery(held.messages, id, state);
  if (messages !== held.messages) return { messages };
  const tail = setDelivery(held.tail, id, state);
  return tail === held.tail ? undefined : { tail };
}

/** Returns the change that an earlier page of the history makes. */
export function withEarlier(held: Conversation, { messages, complete }: Stretch): Partial<Conversation> {
  const merged = merge(held.messages, messages);
  const [first] = messages;
  if (complete || first === undefined) return { messages: merged, history: complete ? 'complete' : 'more' };
  // What came meanwhile and belongs before this page comes with the next.
  return { messages: merged.filter(({ order }) => order >= first.order), history: 'more' };
}

/** Returns the change that a later page makes; the last one joins the stretch to what came meanwhile. */
export function withLater(held: Conversation, { messages, complete }: Stretch): Partial<Conversation> {
  const grown = merge(held.messages, messages);
  const [waits] = held.tail;
  const end = grown.at(-1);
  const meets = complete || (waits !== undefined && end !== undefined && waits.order <= end.order);
  return meets ? { messages: merge(grown, held.tail), tail: [], later: 'complete' } : { messages: grown, later: 'more' };
}

/** Returns the change that puts another stretch in the place of the one that is loaded. */
export function withStretch(held: Conversation, earlier: Stretch, later: Stretch): Partial<Conversation> {
  const messages = merge(earlier.messages, later.messages);
  const end = messages.at(-1);
  const last = lastOf(held);
  const known = merge(held.messages.slice(-1), held.tail);
  const isBehind = last !== undefined && (end === undefined || last.order > end.order);
  const history = earlier.complete ? 'complete' : 'more';
  return later.complete
    ? { messages: merge(messages, known.filter(isAfter(messages[0]))), tail: [], history, later: 'complete' }
    : { messages, tail: isBehind ? known.filter(isAfter(end)) : [], history, later: 'more' };
}

/** Returns both lists as one: each id once, the newer value of it, ascending by `order`. */
export function merge(held: readonly Message[], come: readonly Message[]): readonly Message[] {
  if (come.length === 0) return held;
  const last = held.at(-1);
  const [only] = come;
  // Nearly every message is one that belongs at the end.
  if (come.length === 1 && only !== undefined && (last === undefined || last.order < only.order)) {
    return [...held, only];
  }
  const byId = new Map(held.map((message) => [message.id, message]));
  for (const message of come) byId.set(message.id, message);
  return [...byId.values()].sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
}

function isAfter(other: Message | undefined): (message: Message) => boolean {
  return (message) => other === undefined || message.order > other.order;
}

function setDelivery(messages: readonly Message[], id: string, state: DeliveryState): readonly Message[] {
  const index = messages.findLastIndex((message) => message.id === id);
  const message = messages[index];
  return message === undefined || message.state === state ? messages : messages.with(index, { ...message, state });
}
