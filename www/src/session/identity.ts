/**
 * Which identity is in use: looks what the browser keeps, opens it, and asks a person where only a person can decide.
 * Nothing that is kept is deleted but by `restore` and `beginAnew`.
 */
import type { OpenOptions, PeerEvent, Profile } from '../api.ts';
import { problemOf, type Problem } from '../problem.ts';
import { topDialog, type Dialog, type Lost, type Phase } from '../store.ts';
import type { Store } from '../store/live.ts';
import { strings } from '../strings.ts';
import type { OpenPeer, Page, Port } from './port.ts';

export interface Identity {
  /** Opens what is kept here, or makes a key where nothing was, or asks. */
  start(): Promise<void>;
  unlock(passphrase: string): Promise<void>;
  restore(phrase: string): Promise<void>;
  beginAnew(): Promise<void>;
  /** Returns the peer in use; throws `stopped` when there is none. */
  peer(): OpenPeer;
}

/** Called with the events of the peer in use, and whenever one has been opened. */
export interface Listener {
  hear(event: PeerEvent): void;
  opened(): void;
}

/** Returns the identity's doors; nothing is opened yet. */
export function makeIdentity(port: Port, store: Store, page: Page, listener: Listener): Identity {
  const { dispatch } = store;
  let current: OpenPeer | undefined;
  /** While another identity takes the place of this one, its end is no news: unless that fails. */
  let replacing: { end?: PeerEvent } | undefined;

  /** Opens a peer whose events reach the store for as long as it is the one in use. */
  async function open(options: OpenOptions): Promise<void> {
    // The first events come before `open` answers, when the state they belong to is not made yet.
    const early: PeerEvent[] = [];
    let deliver = (event: PeerEvent): void => {
      early.push(event);
    };
    const relay = page.relay === undefined ? {} : { relay: page.relay };
    const mine = await port.open({ ...relay, ...options }, (event) => {
      deliver(event);
    });
    dispatch({ type: 'cleared', phase: { type: 'ready' } });
    current = mine;
    deliver = (event) => {
      if (current !== mine) return;
      if (event.type === 'stopped') {
        if (replacing !== undefined) {
          replacing.end = event;
          return;
        }
        current = undefined;
      }
      listener.hear(event);
    };
    early.forEach(deliver);
    listener.opened();
  }

  /** Puts another identity in the place of what is or was here. */
  async function replace(options: OpenOptions): Promise<void> {
    const mine: { end?: PeerEvent } = {};
    replacing = mine;
    try {
      await open({ ...options, replace: true });
    } catch (error) {
      if (mine.end !== undefined) {
        current = undefined;
        listener.hear({ type: 'stopped', why: 'closed' });
      }
      throw error;
    } finally {
      replacing = undefined;
    }
  }

  function show(phase: Phase): void {
    dispatch({ type: 'phase', phase });
  }

  function change(dialog: Dialog): void {
    dispatch({ type: 'dialogChanged', dialog });
  }

  return {
    async start() {
      const profile = await port.look();
      const question = questionOf(profile);
      if (question !== undefined) {
        show(question);
        return;
      }
      show({ type: 'starting', what: profile.type === 'here' ? 'opening' : 'making' });
      try {
        await open({});
      } catch (error) {
        show(phaseOf(problemOf(error)));
      }
    },

    async unlock(passphrase) {
      if (passphrase === '') {
        show({ type: 'locked', busy: false, problem: 'passphraseEmpty' });
        return;
      }
      show({ type: 'locked', busy: true, problem: undefined });
      try {
        await open({ passphrase });
      } catch (error) {
        show(phaseOf(problemOf(error)));
      }
    },

    async restore(phrase) {
      const words = phrase.normalize('NFKD').trim().toLowerCase().split(/\s+/u).join(' ');
      change({ type: 'phraseRestore', busy: true });
      try {
        if (current !== undefined && words === (await current.showPhrase())) {
          change({ type: 'phraseRestore', problem: 'samePhrase' });
          return;
        }
        await replace({ phrase: words });
        // Whoever types their words has them.
        const own = store.state.own?.address;
        if (own !== undefined) page.note(own);
        dispatch({ type: 'keeping', change: { isNoted: true } });
        dispatch({ type: 'announced', text: strings.phrase.restored });
        dispatch({ type: 'dialogOpened', dialog: { type: 'backup', step: { type: 'rest' }, restored: true } });
      } catch (error) {
        change({ type: 'phraseRestore', problem: problemOf(error) });
      }
    },

    async beginAnew() {
      change({ type: 'beginAnew', busy: true });
      try {
        await replace({});
        dispatch({ type: 'announced', text: strings.opening.beginAnew.done });
      } catch (error) {
        if (topDialog(store.state)?.type === 'beginAnew') change({ type: 'beginAnew', problem: problemOf(error) });
      }
    },

    peer() {
      if (current === undefined) throw Object.assign(new Error('no peer is open'), { code: 'stopped' });
      return current;
    },
  };
}

/** Returns what a person must be asked before anything is opened. A lock is none: another tab may have opened it. */
function questionOf({ type }: Profile): Phase | undefined {
  return type === 'gone' || type === 'newer' || type === 'damaged' ? { type: 'lost', what: type } : undefined;
}

/** Returns what the page shows when opening was refused. */
function phaseOf(problem: Problem): Phase {
  const what = losses.get(problem);
  if (what !== undefined) return { type: 'lost', what };
  if (problem === 'locked') return { type: 'locked', busy: false, problem: undefined };
  return problem === 'passphraseWrong' ? { type: 'locked', busy: false, problem } : { type: 'failed', problem };
}

const losses: ReadonlyMap<Problem, Lost> = new Map([
  ['identityGone', 'gone'],
  ['storageDamaged', 'damaged'],
  ['storageNewer', 'newer'],
]);
