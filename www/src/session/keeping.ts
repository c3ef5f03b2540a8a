/** Keeping what there is: the browser's promise, the lock, the backup, the noted words. */
import { problemOf } from '../problem.ts';
import { topDialog, type BackupStep, type Dialog, type LockWay } from '../store.ts';
import type { Store } from '../store/live.ts';
import { strings } from '../strings.ts';
import type { OpenPeer, Page } from './port.ts';

export interface Keeping {
  /** Asks the browser to keep what is stored, once there is somebody in the list. */
  metSomebody(): Promise<void>;
  /** Asks it because the person wants it to. */
  persist(): Promise<void>;
  setLock(way: LockWay, words: { current: string; fresh: string; again: string }): Promise<void>;
  exportBackup(): Promise<void>;
  importBackup(file: Blob): Promise<void>;
  /** Asks for three of the words that are shown. */
  askWords(): void;
  checkWords(typed: readonly string[]): void;
}

/** How many of the words are asked for. */
const askedWords = 3;

/** Returns the doors; `refresh` is called when a backup has brought messages. */
export function makeKeeping(store: Store, page: Page, peer: () => OpenPeer, refresh: () => Promise<void>): Keeping {
  const { dispatch } = store;

  function change(dialog: Dialog): void {
    dispatch({ type: 'dialogChanged', dialog });
  }

  function say(text: string): void {
    dispatch({ type: 'announced', text });
  }

  async function metSomebody(): Promise<void> {
    const { storage, contacts, keeping } = store.state;
    const known = [...contacts.values()].filter(({ standing }) => standing === 'contact' || standing === 'invited');
    if (storage?.kept !== true || storage.persisted === true || keeping.isAsking || known.length > 1) return;
    dispatch({ type: 'keeping', change: { isAsking: true } });
    try {
      await peer().persist();
    } catch {
      // The browser's silence is no promise, and that is what the page shows.
    } finally {
      dispatch({ type: 'keeping', change: { isAsking: false } });
    }
  }

  async function persist(): Promise<void> {
    change({ type: 'storage', answer: 'asking' });
    let isPromised = false;
    try {
      isPromised = await peer().persist();
    } finally {
      change(isPromised ? { type: 'storage' } : { type: 'storage', answer: 'refused' });
    }
    say(isPromised ? strings.storage.persisted : strings.storage.refused);
  }

  async function setLock(way: LockWay, words: { current: string; fresh: string; again: string }): Promise<void> {
    const problem = problemIn(way, words);
    if (problem !== undefined) {
      change({ type: 'lockSet', way, problem });
      return;
    }
    change({ type: 'lockSet', way, busy: true });
    try {
      const current = way === 'set' ? undefined : words.current;
      await peer().setLock(way === 'remove' ? undefined : words.fresh, current);
    } catch (error) {
      change({ type: 'lockSet', way, problem: problemOf(error) });
      return;
    }
    if (topDialog(store.state)?.type === 'lockSet') dispatch({ type: 'dialogClosed' });
    say({ set: strings.lock.isSet, change: strings.lock.isChanged, remove: strings.lock.isRemoved }[way]);
  }

  function step(step: BackupStep): void {
    const top = topDialog(store.state);
    if (top?.type === 'backup') change({ ...top, step });
  }

  async function exportBackup(): Promise<void> {
    step({ type: 'making' });
    try {
      const bytes = await peer().exportBackup();
      page.download(backupName(new Date()), bytes);
      step({ type: 'made', bytes: bytes.length });
      say(strings.backup.made(strings.backup.size(bytes.length)));
    } catch (error) {
      step({ type: 'failed', problem: problemOf(error) });
    }
  }

  async function importBackup(file: Blob): Promise<void> {
    step({ type: 'taking' });
    try {
      const imported = await peer().importBackup(new Uint8Array(await file.arrayBuffer()));
      dispatch({ type: 'historyStale' });
      await refresh();
      step({ type: 'taken', imported });
      say(strings.backup.taken(imported.contacts, imported.messages));
    } catch (error) {
      step({ type: 'failed', problem: problemOf(error) });
    }
  }

  function askWords(): void {
    const top = topDialog(store.state);
    if (top?.type !== 'phraseShow' || top.words === undefined) return;
    dispatch({ type: 'dialogOpened', dialog: { type: 'phraseCheck', words: top.words, asked: some(top.words.length) } });
  }

  function checkWords(typed: readonly string[]): void {
    const top = topDialog(store.state);
    if (top?.type !== 'phraseCheck') return;
    const isRight = top.asked.every((at, index) => typed[index]?.trim().toLowerCase() === top.words[at]);
    if (!isRight) {
      change({ ...top, problem: 'wordsDiffer' });
      return;
    }
    const own = store.state.own?.address;
    if (own !== undefined) page.note(own);
    dispatch({ type: 'keeping', change: { isNoted: true } });
    dispatch({ type: 'dialogsClosed' });
    say(strings.phrase.checked);
  }

  return { metSomebody, persist, setLock, exportBackup, importBackup, askWords, checkWords };
}

function problemIn(
  way: LockWay,
  { current, fresh, again }: { current: string; fresh: string; again: string },
): 'passphraseEmpty' | 'passphrasesDiffer' | undefined {
  const isCurrentMissing = way !== 'set' && current === '';
  const isFreshMissing = way !== 'remove' && fresh === '';
  if (isCurrentMissing || isFreshMissing) return 'passphraseEmpty';
  return way !== 'remove' && fresh !== again ? 'passphrasesDiffer' : undefined;
}

/** Returns a few different positions, ascending. Which ones is of no weight. */
function some(count: number): number[] {
  const left = Array.from({ length: count }, (_, index) => index);
  const taken = Array.from({ length: askedWords }, () => left.splice(Math.floor(Math.random() * left.length), 1));
  return taken.flat().sort((a, b) => a - b);
}

function backupName(now: Date): string {
  const part = (value: number): string => String(value).padStart(2, '0');
  return `lowkey-backup-${String(now.getFullYear())}-${part(now.getMonth() + 1)}-${part(now.getDate())}.age`;
}
