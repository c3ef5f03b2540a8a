/** What the page says about keeping: storage, the lock, the backup, the words. */
import { counted, isolated, number } from './words.ts';

const people = (count: number): string => counted(count, 'contact', 'contacts');
const texts = (count: number): string => counted(count, 'message', 'messages');

export const storage = {
  title: 'Storage',
  kept: 'Kept in this browser',
  keptText: 'Your key, contacts and messages are kept here, encrypted. They are there again after a reload.',
  memory: 'In memory only',
  memoryText:
    'This browser lets LowKey store nothing here, as in private windows. What you write is gone when you close the page.',
  persistedTitle: 'Will the browser keep it?',
  persisted: 'Yes. It promised not to clear it by itself.',
  notPersisted:
    'It makes no promise. It may clear it when space runs short, or after weeks without a visit.',
  unknown: 'It does not say. It may clear it when space runs short.',
  ask: 'Ask it to promise',
  asking: 'Asking…',
  refused: 'It did not promise. Browsers do so more readily for pages that are installed, bookmarked or used often.',
  clearing:
    'Clearing site data in the browser deletes everything here. Then 12 words bring back your key, and a backup file the rest.',
  backup: 'Make a backup',
  erasing: 'When something is deleted, its key is deleted too. No browser can promise that nothing is left on the disk.',
  full: 'There is no room left to save. Nothing new is sent or taken in until there is: free some space on this device.',
  failed: 'Saving fails at the moment. Nothing new is sent or taken in until it works again.',
  works: 'Saving works again',
  /** For the network report. */
  report: (kept: boolean, persisted: string, problem: string) =>
    `storage: ${kept ? 'kept' : 'memory'} · persisted: ${persisted} · problem: ${problem}`,
};

export const keep = {
  promised: 'Your browser promised to keep all this.',
  noPromise: 'All this is kept in this browser.',
  text: 'If it is ever lost, 12 words bring your key back.',
  show: 'Note my 12 words',
  later: 'Not now',
};

export const lock = {
  title: 'Lock',
  off: 'Off',
  on: 'On',
  offText:
    'Without a passphrase, whoever can use this browser can open your conversations. With one, they have to enter it after each start.',
  onText: 'After each start of the browser your passphrase opens what is kept here.',
  memory: 'This page works in memory only, so there is nothing to lock. Close it to be safe.',
  set: 'Set a passphrase',
  now: 'Lock now',
  nowText: 'Locks LowKey in all tabs. Messages arrive again when you open it.',
  change: 'Change the passphrase',
  remove: 'Remove the passphrase',
  current: 'Passphrase now',
  fresh: 'New passphrase',
  again: 'New passphrase, once more',
  hint: 'Four or more words that belong together only for you are good. Short ones can be guessed by whoever copies this browser’s data.',
  warning: 'Nobody can reset it. If you forget it, your 12 words bring back your key, and only a backup file the rest.',
  removeText: 'From then on, whoever can use this browser can open your conversations.',
  saving: 'One moment…',
  save: 'Save',
  removeShort: 'Remove',
  isSet: 'The passphrase is set',
  isChanged: 'The passphrase is changed',
  isRemoved: 'The passphrase is removed',
};

export const backup = {
  title: 'Backup',
  restored: 'Your key is back. If you have a backup file, take it in now: it holds your contacts and messages.',
  makeTitle: 'Make a backup',
  makeText:
    'One file with your contacts and messages. Only your 12 words open it: without them nobody can read it, not even you.',
  make: 'Save a backup file',
  making: 'Sealing…',
  made: (size: string) => `Saved among your downloads: ${size}. Keep it, and your 12 words, somewhere else.`,
  takeTitle: 'Take in a backup',
  takeText: 'Choose the file, or drop it here. What is here already stays as it is.',
  choose: 'Choose a file',
  taking: 'Reading the file…',
  taken: (contacts: number, messages: number): string => {
    if (contacts === 0 && messages === 0) return 'All of it was here already. Nothing was added.';
    const parts = [...(contacts > 0 ? [people(contacts)] : []), ...(messages > 0 ? [texts(messages)] : [])];
    return `Added ${parts.join(' and ')}.`;
  },
  size: (bytes: number): string => {
    if (bytes < 1_000) return counted(bytes, 'byte', 'bytes');
    return bytes < 1_000_000 ? `${number(bytes / 1_000)} kB` : `${number(bytes / 1_000_000)} MB`;
  },
};

export const phrase = {
  showTitle: 'My 12 words',
  showText:
    'Write them down in this order and keep them to yourself. Whoever has them is you. They bring back your key; a backup file brings back contacts and messages.',
  showWarning: 'Make sure that nobody else sees your screen.',
  reveal: 'Show the words',
  making: 'Fetching the words…',
  noted: 'I have noted them',

  checkTitle: 'Check what you noted',
  checkText: 'Type these three from what you wrote down.',
  word: (position: number) => `Word ${String(position)}`,
  check: 'Check',
  checked: 'Right. Keep them somewhere safe.',

  restoreTitle: 'I have 12 words',
  restoreText: 'Type or paste the words of an identity you kept.',
  restoreLoss: (contacts: number, kept: boolean): string => {
    const what = contacts === 0 ? 'The key in use here' : `The key in use here, ${people(contacts)} and all messages with them`;
    return `${what} ${contacts === 0 ? 'is' : 'are'} deleted from this ${kept ? 'browser' : 'page'}.`;
  },
  restoreLossHint: 'To come back to it, note its 12 words and make a backup first.',
  restoreUnreadable: 'What is still kept in this browser is deleted.',
  words: 'Your 12 words, with blanks between',
  restore: 'Bring it back',
  restoreAndDelete: 'Replace identity',
  restoring: 'Bringing it back…',
  restored: 'Your identity is back',
  count: (count: number) => `${String(count)} of 12 words`,
};

export const ending = {
  action: 'End conversation',
  title: (name: string) => `End the conversation with ${isolated(name)}?`,
  keys: 'Its keys are deleted for ever, here and on their device: the last ones when their device has answered, at the latest after 48 hours. But no browser can promise that nothing is left on the disk.',
  stays: 'You stay contacts. The next message begins a new conversation with new keys.',
  unsent: (count: number) =>
    count === 1
      ? 'One message has not been delivered. It will not be sent again.'
      : `${number(count)} messages have not been delivered. They will not be sent again.`,
  burn: 'Also delete the messages on this device',
  burnHint: 'Their copy stays with them.',
  keepHint: 'What you both wrote stays readable here.',
  confirm: 'End it',
  endedByUs: 'You ended this conversation. Its keys are deleted.',
  endedByThem: (name: string) => `${isolated(name)} ended this conversation. Its keys are deleted.`,
  next: 'The next message begins a new one.',
  ended: (name: string) => `The conversation with ${isolated(name)} has ended`,
  historyDeleted: 'The messages are deleted',
};
