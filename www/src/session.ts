/**
 * Carries out what a person asks for: calls the peer, and puts answers into the store.
 *
 * It decides nothing about keys, retries or order. It is handed the peer (`Port`), so its tests need no wasm. What an
 * action does in detail stands in `session/`.
 */
import type { Action } from './actions.ts';
import { announcementFor } from './announce.ts';
import type { PeerEvent } from './api.ts';
import { nameFor } from './people.ts';
import { problemOf } from './problem.ts';
import { makeConversations } from './session/conversations.ts';
import { makeIdentity } from './session/identity.ts';
import { makeKeeping } from './session/keeping.ts';
import type { Page, Port } from './session/port.ts';
import { makeSearch } from './session/search.ts';
import { topDialog, type Dialog, type Outcome } from './store.ts';
import type { Store } from './store/live.ts';
import { strings } from './strings.ts';

export type { OpenPeer, Page, Port } from './session/port.ts';

export interface Session {
  act(action: Action): void;
  /** The page was opened with this invite link in its address bar. */
  invited(link: string): void;
  /** The page is on the screen again. */
  shown(): void;
}

/** Looks what is kept here, opens a peer if that needs no question, and returns the session. */
export async function startSession(port: Port, store: Store, page: Page): Promise<Session> {
  const { dispatch } = store;
  const identity = makeIdentity(port, store, page, { hear, opened });
  const { peer } = identity;
  const conversations = makeConversations(store, page, peer);
  const keeping = makeKeeping(store, page, peer, conversations.refresh);
  const search = makeSearch(store, peer, parse);
  /** An invite that came while there was no identity to use it. */
  let pending: string | undefined;
  await identity.start();

  function opened(): void {
    const own = store.state.own?.address;
    if (own !== undefined && page.isNoted(own)) dispatch({ type: 'keeping', change: { isNoted: true } });
    void conversations.refresh().catch(report);
    if (pending !== undefined) showInvite(pending);
    pending = undefined;
  }

  function hear(event: PeerEvent): void {
    if (event.type === 'own') addPattern(event.own.address);
    if (event.type === 'contact') addPattern(event.contact.address);
    const before = store.state;
    dispatch({ type: 'peer', event });
    const text = announcementFor(before, store.state, event);
    if (text !== undefined) dispatch({ type: 'announced', text });
    conversations.see();
  }

  function addPattern(address: string): void {
    if (store.state.patterns.has(address)) return;
    dispatch({ type: 'pattern', address, pattern: port.keyPattern(address) });
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

  function showInvite(link: string): void {
    const outcome = parse(link);
    const dialog: Dialog =
      outcome.type === 'found'
        ? { type: 'add', text: link, parsed: outcome.parsed }
        : { type: 'badInvite', problem: outcome.problem };
    dispatch({ type: 'dialogOpened', dialog });
  }

  async function add(text: string, address: string, name: string): Promise<void> {
    try {
      await peer().add(text, name === '' ? undefined : name);
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
    conversations.open(address);
    await keeping.metSomebody();
  }

  async function makeLink(): Promise<void> {
    try {
      const link = `${page.origin}/${await peer().createInvite()}`;
      dispatch({ type: 'linkMade', link });
    } catch {
      // The bare address is on the sheet as well, and works everywhere.
    }
  }

  async function openDialog(dialog: Dialog): Promise<void> {
    dispatch({ type: 'dialogOpened', dialog });
    if (dialog.type === 'myAddress') await makeLink();
    if (dialog.type === 'details') {
      const safetyNumber = await peer().safetyNumber(dialog.contact);
      dispatch({ type: 'dialogChanged', dialog: { ...dialog, safetyNumber } });
    }
    if (dialog.type === 'phraseShow') {
      try {
        const words = (await peer().showPhrase()).split(' ');
        dispatch({ type: 'dialogChanged', dialog: { ...dialog, words } });
      } catch (error) {
        // A notice would stand behind the dialog, which would go on waiting for the words.
        dispatch({ type: 'dialogChanged', dialog: { ...dialog, problem: problemOf(error) } });
      }
    }
  }

  async function rename(contact: string, name: string): Promise<void> {
    try {
      await peer().rename(contact, name === '' ? undefined : name);
      dispatch({ type: 'dialogClosed' });
    } catch (error) {
      dispatch({ type: 'dialogChanged', dialog: { type: 'rename', contact, problem: problemOf(error) } });
    }
  }

  async function setName(name: string): Promise<void> {
    try {
      await peer().setName(name === '' ? undefined : name);
    } catch (error) {
      dispatch({ type: 'dialogChanged', dialog: { type: 'myAddress', problem: problemOf(error) } });
      return;
    }
    dispatch({ type: 'dialogChanged', dialog: { type: 'myAddress' } });
    dispatch({ type: 'announced', text: strings.myAddress.nameSaved });
    await makeLink();
  }

  async function acceptRequest(contact: string): Promise<void> {
    await peer().acceptRequest(contact);
    const name = nameFor(store.state, contact);
    dispatch({ type: 'announced', text: strings.requests.accepted(name) });
    conversations.open(contact);
    await keeping.metSomebody();
  }

  async function endConversation(contact: string, burn: boolean): Promise<void> {
    dispatch({ type: 'dialogChanged', dialog: { type: 'endConversation', contact, busy: true } });
    await confirmed(peer().endConversation(contact, burn));
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
        return search(action.text);
      case 'add':
        return add(action.text, action.address, action.name);
      case 'openChat':
        conversations.open(action.contact);
        return undefined;
      case 'openMessage':
        return conversations.openAt(action.message);
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
        return conversations.send(action.contact, action.text);
      case 'retry':
        return peer().retry(action.contact, action.message);
      case 'older':
        return conversations.older(action.contact);
      case 'later':
        return conversations.later(action.contact);
      case 'newest':
        return conversations.newest(action.contact);
      case 'rename':
        return rename(action.contact, action.name);
      case 'remove':
        return confirmed(peer().remove(action.contact));
      case 'block':
        return confirmed(peer().block(action.contact));
      case 'unblock':
        return confirmed(peer().unblock(action.contact));
      case 'acceptRequest':
        return acceptRequest(action.contact);
      case 'deleteRequest':
        return confirmed(peer().deleteRequest(action.contact));
      case 'deleteHistory':
        return confirmed(peer().deleteHistory(action.contact));
      case 'endConversation':
        return endConversation(action.contact, action.burn);
      case 'setPresence':
        return peer().setPresence(action.mode);
      case 'hideAddress':
        return peer().hideAddress(action.contact, action.hide);
      case 'setName':
        return setName(action.name);
      case 'useHere':
        return peer().useHere();
      case 'restore':
        return identity.restore(action.phrase);
      case 'beginAnew':
        return identity.beginAnew();
      case 'unlock':
        return identity.unlock(action.passphrase);
      case 'setLock':
        return keeping.setLock(action.way, action);
      case 'lockNow':
        return peer().lock();
      case 'persist':
        return keeping.persist();
      case 'exportBackup':
        return keeping.exportBackup();
      case 'importBackup':
        return keeping.importBackup(action.file);
      case 'askWords':
        keeping.askWords();
        return undefined;
      case 'checkWords':
        keeping.checkWords(action.typed);
        return undefined;
      case 'putOff':
        dispatch({ type: 'keeping', change: { isPutOff: true } });
        return undefined;
      case 'reconnect':
        dispatch({ type: 'announced', text: strings.network.trying });
        return peer().reconnect();
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

  function report(error: unknown): void {
    const problem = problemOf(error);
    dispatch({ type: 'failed', problem });
    dispatch({ type: 'announced', text: strings.problems[problem] });
  }

  return {
    act(action) {
      dispatch({ type: 'failed', problem: undefined });
      try {
        run(action)?.catch(report);
      } catch (error) {
        report(error);
      }
    },
    invited(link) {
      if (store.state.phase.type === 'ready') showInvite(link);
      else pending = link;
    },
    shown: conversations.see,
  };
}
