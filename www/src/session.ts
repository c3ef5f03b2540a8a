/**
 * Carries out what a person asks for: calls the peer, and puts answers into the store.
 *
 * It decides nothing about keys, retries or order. It is handed the peer (`Port`), so its tests need no wasm.
 */
import type { Action } from './actions.ts';
import { announcementFor } from './announce.ts';
import type { KeyPattern, OpenOptions, ParsedAddress, Peer, PeerEvent } from './api.ts';
import { addressIn } from './format.ts';
import { nameFor } from './people.ts';
import { problemOf } from './problem.ts';
import { conversationOf, topDialog, type Dialog, type Outcome } from './store.ts';
import type { Store } from './store/live.ts';
import { strings } from './strings.ts';

/** What the wasm gives; `peer.ts` is the real one. */
export interface Port {
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
}

export interface Session {
  act(action: Action): void;
  /** The page was opened with this invite link in its address bar. */
  invited(link: string): void;
  /** The page is on the screen again. */
  shown(): void;
}

/** How many messages are asked for at once. */
const historyPage = 50;

/** Opens a peer, and returns the session; rejects with the peer's error. */
export async function startSession(port: Port, store: Store, page: Page): Promise<Session> {
  const { dispatch } = store;
  let peer: OpenPeer;
  await open(page.relay === undefined ? {} : { relay: page.relay });
  dispatch({ type: 'phase', phase: { type: 'ready' } });

  /** Opens a peer whose events reach the store for as long as it is the one in use. */
  async function open(options: OpenOptions): Promise<void> {
    // The first events come before `open` answers, when the state they belong to is not made yet.
    const early: PeerEvent[] = [];
    let deliver = (event: PeerEvent): void => {
      early.push(event);
    };
    const mine = await port.open(options, (event) => {
      deliver(event);
    });
    if (options.phrase !== undefined) dispatch({ type: 'replaced' });
    peer = mine;
    deliver = (event) => {
      if (peer === mine) hear(event);
    };
    early.forEach(hear);
  }

  function hear(event: PeerEvent): void {
    if (event.type === 'own') addPattern(event.own.address);
    if (event.type === 'contact') addPattern(event.contact.address);
    const before = store.state;
    dispatch({ type: 'peer', event });
    const text = announcementFor(before, store.state, event);
    if (text !== undefined) dispatch({ type: 'announced', text });
    seeOpenChat();
  }

  function addPattern(address: string): void {
    if (store.state.patterns.has(address)) return;
    dispatch({ type: 'pattern', address, pattern: port.keyPattern(address) });
  }

  /** Marks as seen what is on the screen. */
  function seeOpenChat(): void {
    const { view, contacts } = store.state;
    if (view.type !== 'chat' || !page.isVisible()) return;
    const contact = contacts.get(view.contact);
    if (contact === undefined || (contact.unread === 0 && !contact.newInstall)) return;
    void peer.markSeen(view.contact).catch(ignore);
  }

  function parse(text: string): Outcome {
    try {
      const parsed = port.parseAddress(text);
      addPattern(parsed.address);
      if (parsed.address === store.state.own?.address) return { type: 'problem', problem: 'ownAddress' };
      return { type: 'found', parsed, text };
    } catch (error) {
      return { type: 'problem', problem: problemOf(error) };
    }
  }

  function search(text: string): void {
    const candidate = addressIn(text);
    if (candidate === undefined) dispatch({ type: 'searched', text });
    else dispatch({ type: 'searched', text, outcome: parse(candidate) });
  }

  async function add(text: string, address: string, name: string): Promise<void> {
    try {
      await peer.add(text, name === '' ? undefined : name);
    } catch (error) {
      const problem = problemOf(error);
      if (problem !== 'contactExists') {
        const top = topDialog(store.state);
        if (top?.type === 'add') dispatch({ type: 'dialogChanged', dialog: { ...top, problem } });
        return;
      }
    }
    dispatch({ type: 'dialogsClosed' });
    dispatch({ type: 'searched', text: '' });
    openChat(address);
  }

  function openChat(contact: string): void {
    dispatch({ type: 'view', view: { type: 'chat', contact } });
    dispatch({ type: 'dialogsClosed' });
    const standing = store.state.contacts.get(contact)?.standing;
    // Whoever was added a moment ago may not be in the list yet.
    if (standing !== 'request' && standing !== 'blocked') void peer.reach(contact).catch(ignore);
    if (conversationOf(store.state, contact).history === 'unknown') void older(contact);
    seeOpenChat();
  }

  async function older(contact: string): Promise<void> {
    const { messages, history } = conversationOf(store.state, contact);
    if (history === 'loading') return;
    dispatch({ type: 'historyAsked', contact });
    const before = history === 'unknown' ? undefined : messages[0]?.order;
    try {
      const come = await peer.history(contact, before, historyPage);
      dispatch({ type: 'history', contact, messages: come, complete: come.length < historyPage });
    } catch {
      dispatch({ type: 'history', contact, messages: [], complete: false });
    }
  }

  async function send(contact: string, text: string): Promise<void> {
    dispatch({ type: 'sent', contact });
    try {
      await peer.send(contact, text);
    } catch (error) {
      dispatch({ type: 'sendRefused', contact, text, problem: problemOf(error) });
    }
  }

  async function makeLink(): Promise<void> {
    try {
      const link = `${page.origin}/${await peer.createInvite()}`;
      dispatch({ type: 'linkMade', link });
    } catch {
      // The bare address is on the sheet as well, and works everywhere.
    }
  }

  async function openDialog(dialog: Dialog): Promise<void> {
    dispatch({ type: 'dialogOpened', dialog });
    if (dialog.type === 'myAddress') await makeLink();
    if (dialog.type === 'details') {
      const safetyNumber = await peer.safetyNumber(dialog.contact);
      dispatch({ type: 'dialogChanged', dialog: { ...dialog, safetyNumber } });
    }
    if (dialog.type === 'phraseShow') {
      const words = (await peer.showPhrase()).split(' ');
      dispatch({ type: 'dialogChanged', dialog: { ...dialog, words } });
    }
  }

  async function rename(contact: string, name: string): Promise<void> {
    try {
      await peer.rename(contact, name === '' ? undefined : name);
      dispatch({ type: 'dialogClosed' });
    } catch (error) {
      dispatch({ type: 'dialogChanged', dialog: { type: 'rename', contact, problem: problemOf(error) } });
    }
  }

  async function setName(name: string): Promise<void> {
    try {
      await peer.setName(name === '' ? undefined : name);
    } catch (error) {
      dispatch({ type: 'dialogChanged', dialog: { type: 'myAddress', problem: problemOf(error) } });
      return;
    }
    dispatch({ type: 'dialogChanged', dialog: { type: 'myAddress' } });
    dispatch({ type: 'announced', text: strings.myAddress.nameSaved });
    await makeLink();
  }

  async function acceptRequest(contact: string): Promise<void> {
    await peer.acceptRequest(contact);
    const name = nameFor(store.state, contact);
    dispatch({ type: 'announced', text: strings.requests.accepted(name) });
    openChat(contact);
  }

  /** Opens a peer with the words; the one in use is closed only when that has worked. */
  async function restore(phrase: string): Promise<void> {
    const show = (dialog: Dialog): void => {
      dispatch({ type: 'dialogChanged', dialog });
    };
    const words = phrase.normalize('NFKD').trim().toLowerCase().split(/\s+/u).join(' ');
    show({ type: 'phraseRestore', busy: true });
    try {
      if (words === (await peer.showPhrase())) {
        show({ type: 'phraseRestore', problem: 'samePhrase' });
        return;
      }
      const former = peer;
      await open({ phrase: words, ...(page.relay === undefined ? {} : { relay: page.relay }) });
      dispatch({ type: 'announced', text: strings.phrase.restored });
      await former.close();
    } catch (error) {
      show({ type: 'phraseRestore', problem: problemOf(error) });
    }
  }

  /** Does what the dialog on the screen asked to confirm, then closes all dialogs. */
  async function confirmed(work: Promise<void>): Promise<void> {
    try {
      await work;
    } finally {
      // A failure is said by a notice, which would stand behind the dialog.
      dispatch({ type: 'dialogsClosed' });
    }
  }

  function run(action: Action): Promise<void> | undefined {
    switch (action.type) {
      case 'search':
        search(action.text);
        return undefined;
      case 'add':
        return add(action.text, action.address, action.name);
      case 'openChat':
        openChat(action.contact);
        return undefined;
      case 'openRequests':
        dispatch({ type: 'view', view: { type: 'requests' } });
        return undefined;
      case 'back':
        dispatch({ type: 'view', view: { type: 'list' } });
        return undefined;
      case 'openDialog':
        return openDialog(action.dialog);
      case 'closeDialog':
        dispatch({ type: 'dialogClosed' });
        return undefined;
      case 'draft':
        dispatch({ type: 'drafted', contact: action.contact, text: action.text });
        return undefined;
      case 'send':
        return send(action.contact, action.text);
      case 'retry':
        return peer.retry(action.contact, action.message);
      case 'older':
        return older(action.contact);
      case 'rename':
        return rename(action.contact, action.name);
      case 'remove':
        return confirmed(peer.remove(action.contact));
      case 'block':
        return confirmed(peer.block(action.contact));
      case 'unblock':
        return confirmed(peer.unblock(action.contact));
      case 'acceptRequest':
        return acceptRequest(action.contact);
      case 'deleteRequest':
        return confirmed(peer.deleteRequest(action.contact));
      case 'setPresence':
        return peer.setPresence(action.mode);
      case 'hideAddress':
        return peer.hideAddress(action.contact, action.hide);
      case 'setName':
        return setName(action.name);
      case 'useHere':
        return peer.useHere();
      case 'restore':
        return restore(action.phrase);
      case 'reconnect':
        dispatch({ type: 'announced', text: strings.network.trying });
        return peer.reconnect();
      case 'announce':
        dispatch({ type: 'announced', text: action.text });
        return undefined;
      case 'dismiss':
        return undefined;
      case 'reload':
        page.reload();
        return undefined;
      default:
        return action satisfies never;
    }
  }

  return {
    act(action) {
      dispatch({ type: 'failed', problem: undefined });
      run(action)?.catch((error: unknown) => {
        const problem = problemOf(error);
        dispatch({ type: 'failed', problem });
        dispatch({ type: 'announced', text: strings.problems[problem] });
      });
    },
    invited(link) {
      const outcome = parse(link);
      const dialog: Dialog =
        outcome.type === 'found'
          ? { type: 'add', text: link, parsed: outcome.parsed }
          : { type: 'badInvite', problem: outcome.problem };
      dispatch({ type: 'dialogOpened', dialog });
    },
    shown: seeOpenChat,
  };
}

function ignore(): void {
  // The answer changes nothing on the screen.
}
