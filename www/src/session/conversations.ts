/** Conversations on the screen: opens them, reads their history page by page, jumps into it, sends. */
import type { Message } from '../api.ts';
import { problemOf } from '../problem.ts';
import { conversationOf } from '../store.ts';
import type { Store } from '../store/live.ts';
import type { OpenPeer, Page } from './port.ts';

export interface Conversations {
  open(contact: string): void;
  /** Opens a conversation at one message. */
  openAt(message: Message): Promise<void>;
  older(contact: string): Promise<void>;
  later(contact: string): Promise<void>;
  /** Leads back to the newest messages after a jump. */
  newest(contact: string): Promise<void>;
  send(contact: string, text: string): Promise<void>;
  /** Marks as seen what is on the screen. */
  see(): void;
  /** Reads the last message of each conversation, and anew what is open. */
  refresh(): Promise<void>;
}

/** How many messages are asked for at once. */
const historyPage = 50;

export function makeConversations(store: Store, page: Page, peer: () => OpenPeer): Conversations {
  const { dispatch } = store;

  function open(contact: string): void {
    show(contact);
    void readThenReach(contact).catch(ignore);
    see();
  }

  /** What is stored comes first: to look for somebody takes the peer longer, and is no haste. */
  async function readThenReach(contact: string): Promise<void> {
    const { history, later } = conversationOf(store.state, contact);
    try {
      if (history === 'unknown') await older(contact);
      // After a jump and another conversation, it begins with the newest messages again.
      else if (later !== 'complete') await newest(contact);
    } finally {
      reach(contact);
    }
  }

  function show(contact: string): void {
    dispatch({ type: 'view', view: { type: 'chat', contact } });
    dispatch({ type: 'dialogsClosed' });
  }

  function reach(contact: string): void {
    const standing = store.state.contacts.get(contact)?.standing;
    // Whoever was added a moment ago may not be in the list yet.
    if (standing !== 'request' && standing !== 'blocked') void peer().reach(contact).catch(ignore);
  }

  function see(): void {
    const { view, contacts, phase } = store.state;
    if (phase.type !== 'ready' || view.type !== 'chat' || !page.isVisible()) return;
    const contact = contacts.get(view.contact);
    if (contact === undefined || (contact.unread === 0 && !contact.newInstall)) return;
    void peer().markSeen(view.contact).catch(ignore);
  }

  async function older(contact: string): Promise<void> {
    const { messages, history } = conversationOf(store.state, contact);
    if (history === 'loading' || history === 'complete') return;
    dispatch({ type: 'historyAsked', contact });
    const before = history === 'unknown' ? undefined : messages[0]?.order;
    try {
      const come = await peer().history(contact, before, historyPage);
      dispatch({ type: 'history', contact, messages: come, complete: come.length < historyPage });
    } catch {
      dispatch({ type: 'history', contact, messages: [], complete: false });
    }
  }

  async function later(contact: string): Promise<void> {
    const { messages, later } = conversationOf(store.state, contact);
    const after = messages.at(-1)?.order;
    if (later !== 'more' || after === undefined) return;
    dispatch({ type: 'laterAsked', contact });
    try {
      const come = await peer().later(contact, after, historyPage);
      dispatch({ type: 'later', contact, messages: come, complete: come.length < historyPage });
    } catch {
      dispatch({ type: 'later', contact, messages: [], complete: false });
    }
  }

  async function newest(contact: string): Promise<void> {
    const come = await peer().history(contact, undefined, historyPage);
    const earlier = { messages: come, complete: come.length < historyPage };
    dispatch({ type: 'stretch', contact, earlier, later: { messages: [], complete: true } });
  }

  async function openAt(message: Message): Promise<void> {
    const { contact, id } = message;
    show(contact);
    if (!isLoaded(contact, id)) await load(message);
    reach(contact);
    const { view } = store.state;
    // Meanwhile the person may have gone elsewhere.
    if (view.type !== 'chat' || view.contact !== contact) return;
    dispatch({ type: 'target', contact, message: id });
    see();
  }

  /** Loads the messages before and after one. */
  async function load(message: Message): Promise<void> {
    const { contact, order } = message;
    const [before, after] = await Promise.all([
      peer().history(contact, order, historyPage),
      peer().later(contact, order, historyPage),
    ]);
    dispatch({
      type: 'stretch',
      contact,
      earlier: { messages: [...before, message], complete: before.length < historyPage },
      later: { messages: after, complete: after.length < historyPage },
    });
  }

  function isLoaded(contact: string, id: string): boolean {
    const { messages, history } = conversationOf(store.state, contact);
    return history !== 'unknown' && messages.some((message) => message.id === id);
  }

  async function send(contact: string, text: string): Promise<void> {
    dispatch({ type: 'sent', contact });
    try {
      // What one writes stands at the end, so that is what they see.
      if (conversationOf(store.state, contact).later !== 'complete') await newest(contact);
      await peer().send(contact, text);
    } catch (error) {
      dispatch({ type: 'sendRefused', contact, text, problem: problemOf(error) });
    }
  }

  async function refresh(): Promise<void> {
    dispatch({ type: 'lasts', messages: await peer().lastMessages() });
    const { view } = store.state;
    if (view.type === 'chat' && conversationOf(store.state, view.contact).history === 'unknown') {
      await older(view.contact);
    }
  }

  return { open, openAt, older, later, newest, send, see, refresh };
}

function ignore(): void {
  // The answer changes nothing on the screen.
}
