/** The states of keeping: locked, lost, storage, the lock, backups, conversations that ended, search, long histories. */
import type { ContactView, Message, StorageView } from '../api.ts';
import { startState, type Dialog, type Phase, type State, type StoreEvent } from '../store.ts';
import { after, annaTalk, busy, chat, dialog, people, ready, told, words } from './base.ts';
import { anna, contact, day, minute, now, talk } from './people.ts';

function whole(phase: Phase, ...more: StoreEvent[]): State {
  return after(startState(now), { type: 'phase', phase }, ...more);
}

function stored(change: Partial<StorageView> = {}): StoreEvent {
  return told({ type: 'storage', storage: { kept: true, persisted: false, locks: false, ...change } });
}

const memory = told({ type: 'storage', storage: { kept: false, locks: false } });
const isNew: StoreEvent = { type: 'keeping', change: { isNoted: false } };
const locked = (change: object = {}): Phase => ({ type: 'locked', busy: false, problem: undefined, ...change });
const settings: Dialog = { type: 'settings' };
const rest: Dialog = { type: 'backup', step: { type: 'rest' } };

function found(text: string, messages: readonly Message[], complete = true): StoreEvent[] {
  return [
    { type: 'searched', text },
    { type: 'found', found: { messages, complete, text } },
  ];
}

const ferries = [
  ...talk(anna, [
    ['them', 2, 'Ferry at eight?'],
    ['me', 60 * 26, 'The last ferry of the day leaves when the light on the pier has been switched on, and not before, so take your time.'],
    ['them', 60 * 24 * 40, 'I asked the man at the kiosk about the timetable, who told me that there is one more FERRY in the night'],
  ]),
  ...talk(contact(8), [['them', 50, 'Hello! We talked on the ferry about wooden boats.']]),
];

/** So many messages over the years, each of its own length. */
function years(one: ContactView, count: number): Message[] {
  const sentence = 'The sea was calm, and nobody on the pier said a word about the weather. ';
  return talk(
    one,
    Array.from({ length: count }, (_, index) => {
      const text = `${String(index + 1)}. ${sentence.repeat((index * 7) % 5)}`.trim();
      return [index % 3 === 0 ? 'me' : 'them', (count - index) * 60, text] as const;
    }).map(([author, ago, text]) => [author, ago, text]),
  );
}

function crowd(count: number): StoreEvent[] {
  return people(
    ...Array.from({ length: count }, (_, index): [ContactView, Message[]] => {
      const one = contact(100 + index, { petname: `Person ${String(index + 1)}`, unread: index % 9 === 0 ? 2 : 0 });
      return [one, talk(one, [['them', 30 + index * 11, `Message number ${String(index + 1)}`]])];
    }),
  );
}

const unsent = talk(anna, [
  ['them', 3 * (day / minute), 'See you then?'],
  ['me', 8, 'One more thing', 'waiting'],
  ['me', 7, 'And another', 'waiting'],
]);

const end: Dialog = { type: 'endConversation', contact: anna.address };

export const keepingStates: Record<string, () => State> = {
  'starting-making': () => whole({ type: 'starting', what: 'making' }),
  'starting-opening': () => whole({ type: 'starting', what: 'opening' }),
  locked: () => whole(locked()),
  'locked-wrong': () => whole(locked({ problem: 'passphraseWrong' })),
  'locked-busy': () => whole(locked({ busy: true })),
  'lost-gone': () => whole({ type: 'lost', what: 'gone' }),
  'lost-damaged': () => whole({ type: 'lost', what: 'damaged' }),
  'lost-newer': () => whole({ type: 'lost', what: 'newer' }),
  'lost-restore': () => whole({ type: 'lost', what: 'damaged' }, ...dialog({ type: 'phraseRestore' })),
  'begin-anew': () => whole({ type: 'lost', what: 'gone' }, ...dialog({ type: 'beginAnew' })),
  'begin-anew-refused': () => whole({ type: 'lost', what: 'gone' }, ...dialog({ type: 'beginAnew', problem: 'storageFull' })),
  replaced: () => whole({ type: 'replaced' }),
  'stopped-memory': () => chat(anna, annaTalk, memory, told({ type: 'stopped', why: 'closed' })),
  'stopped-outdated': () => chat(anna, annaTalk, told({ type: 'stopped', why: 'outdated' })),

  'notice-memory': () => after(ready(), memory),
  'notice-memory-busy': () => chat(anna, annaTalk, memory),
  'notice-full': () => chat(anna, annaTalk, stored({ problem: 'full' })),
  nudge: () => chat(anna, annaTalk, isNew, stored()),
  'nudge-promised': () => busy(isNew, stored({ persisted: true })),

  'end-conversation': () => chat(anna, annaTalk, ...dialog({ type: 'details', contact: anna.address }, end)),
  'end-conversation-unsent': () => chat(anna, unsent, ...dialog(end)),
  'delete-history': () => chat(anna, annaTalk, ...dialog({ type: 'confirm', what: 'deleteHistory', contact: anna.address })),
  'chat-ended-us': () => chat({ ...anna, ended: 'us' }, annaTalk),
  'chat-ended-them': () => chat({ ...anna, ended: 'them' }, annaTalk),
  'chat-deleted': () => chat(anna, annaTalk, told({ type: 'historyDeleted', address: anna.address })),
  'chat-burned': () => chat({ ...anna, ended: 'us' }, [], told({ type: 'historyDeleted', address: anna.address })),

  'settings-memory': () => busy(memory, ...dialog(settings)),
  'settings-full': () => busy(stored({ problem: 'full', locks: true }), ...dialog(settings)),
  storage: () => busy(stored(), ...dialog(settings, { type: 'storage' })),
  'storage-promised': () => busy(stored({ persisted: true }), ...dialog({ type: 'storage' })),
  'storage-asking': () => busy(stored(), ...dialog({ type: 'storage', answer: 'asking' })),
  'storage-refused': () => busy(stored(), ...dialog({ type: 'storage', answer: 'refused' })),
  'storage-full': () => busy(stored({ problem: 'full' }), ...dialog({ type: 'storage' })),
  'storage-memory': () => busy(memory, ...dialog({ type: 'storage' })),
  'lock-off': () => busy(...dialog(settings, { type: 'lock' })),
  'lock-on': () => busy(stored({ locks: true }), ...dialog({ type: 'lock' })),
  'lock-memory': () => busy(memory, ...dialog({ type: 'lock' })),
  'lock-set': () => busy(...dialog({ type: 'lock' }, { type: 'lockSet', way: 'set' })),
  'lock-set-differ': () => busy(...dialog({ type: 'lock' }, { type: 'lockSet', way: 'set', problem: 'passphrasesDiffer' })),
  'lock-change-wrong': () => busy(...dialog({ type: 'lock' }, { type: 'lockSet', way: 'change', problem: 'passphraseWrong' })),
  'lock-remove': () => busy(...dialog({ type: 'lock' }, { type: 'lockSet', way: 'remove' })),
  backup: () => busy(...dialog(settings, rest)),
  'backup-making': () => busy(...dialog({ ...rest, step: { type: 'making' } })),
  'backup-made': () => busy(...dialog({ ...rest, step: { type: 'made', bytes: 2_345_678 } })),
  'backup-taken': () => busy(...dialog({ ...rest, step: { type: 'taken', imported: { contacts: 3, messages: 1204 } } })),
  'backup-nothing-new': () => busy(...dialog({ ...rest, step: { type: 'taken', imported: { contacts: 0, messages: 0 } } })),
  'backup-refused': () => busy(...dialog({ ...rest, step: { type: 'failed', problem: 'backupOtherIdentity' } })),
  'backup-restored': () => after(ready(), ...dialog({ ...rest, restored: true })),
  'phrase-check': () => busy(...dialog({ type: 'phraseShow', words }, { type: 'phraseCheck', words, asked: [1, 6, 10] })),
  'phrase-check-wrong': () =>
    busy(...dialog({ type: 'phraseShow', words }, { type: 'phraseCheck', words, asked: [1, 6, 10], problem: 'wordsDiffer' })),
  'about-memory': () => busy(memory, ...dialog({ type: 'about' })),

  'search-found': () => busy(...found('ferry', ferries)),
  'search-people-and-messages': () => busy(...found('an', [...ferries, ...annaTalk])),
  'search-incomplete': () => busy(...found('ferry', ferries.slice(0, 1), false)),
  'search-looking': () => busy({ type: 'searched', text: 'zeppelin' }),
  'chat-found': () => {
    const messages = years(anna, 400);
    return chat(
      anna,
      [],
      {
        type: 'stretch',
        contact: anna.address,
        earlier: { messages: messages.slice(100, 151), complete: false },
        later: { messages: messages.slice(151, 201), complete: false },
      },
      { type: 'target', contact: anna.address, message: messages[150]?.id ?? '' },
    );
  },
  'chat-earlier': () =>
    chat(anna, [], { type: 'history', contact: anna.address, messages: annaTalk, complete: false }, { type: 'historyAsked', contact: anna.address }),
  'chat-long': () => chat(anna, years(anna, 5000)),
  'list-long': () => after(ready(), ...crowd(1000)),
};
