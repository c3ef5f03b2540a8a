/** Every state of the page that somebody should look at, by name. */
import type { ContactView, Message } from '../api.ts';
import { startState, type State, type StoreEvent } from '../store.ts';
import { after, annaTalk, busy, chat, dialog, digits, foe, foe2, link, long, people, ready, reem, searching, stranger, strangerTalk, told, unnamed, words } from './base.ts';
import { keepingStates } from './keeping.ts';
import { address, anna, contact, day, minute, now, own, pattern, talk } from './people.ts';
import { xss } from './xss.ts';

const parsed = { address: address(42), expired: false };
const patternOfParsed: StoreEvent = { type: 'pattern', address: parsed.address, pattern: pattern(parsed.address) };
const combining = `Z${'\u0301\u0327\u0316\u035B\u0489'.repeat(20_000)}algo, after 100,000 combining marks`;

export const states: Record<string, () => State> = {
  starting: () => startState(now),
  'no-secure-context': () =>
    after(startState(now), { type: 'phase', phase: { type: 'unsupported', missing: 'secureContext' } }),
  'no-wasm': () => after(startState(now), { type: 'phase', phase: { type: 'unsupported', missing: 'wasm' } }),
  'no-websocket': () =>
    after(startState(now), { type: 'phase', phase: { type: 'unsupported', missing: 'webSocket' } }),
  failed: () => after(startState(now), { type: 'phase', phase: { type: 'failed', problem: 'wasmFailed' } }),

  'first-run': () => ready(),
  'first-run-no-relay': () => ready(searching),
  'my-address': () => after(ready(), { type: 'linkMade', link }, ...dialog({ type: 'myAddress' })),
  'my-address-name-refused': () => after(ready(), { type: 'linkMade', link }, ...dialog({ type: 'myAddress', problem: 'nameTooLong' })),
  'my-address-making': () => after(ready(), ...dialog({ type: 'myAddress' })),
  'add-right': () =>
    busy(patternOfParsed, {
      type: 'searched',
      text: parsed.address,
      outcome: { type: 'found', parsed, text: parsed.address },
    }),
  'add-typo': () =>
    busy({
      type: 'searched',
      text: `${parsed.address.slice(0, -1)}x`,
      outcome: { type: 'problem', problem: 'addressChecksum' },
    }),
  'add-other-kind': () =>
    after(ready(), {
      type: 'searched',
      text: 'npub1sn0wdenkukak0d9dfczzeacvhkrgz92ak56egt7vdgzn8pv2wfqqhrjdv9',
      outcome: { type: 'problem', problem: 'addressOtherKind' },
    }),
  'add-own': () =>
    after(ready(), { type: 'searched', text: own.address, outcome: { type: 'problem', problem: 'ownAddress' } }),
  'add-dialog': () => busy(patternOfParsed, ...dialog({ type: 'add', text: parsed.address, parsed })),
  'invite': () =>
    after(ready(), patternOfParsed, ...dialog({ type: 'add', text: link, parsed: { ...parsed, name: 'Mira' } })),
  'invite-bad': () => after(ready(), ...dialog({ type: 'badInvite', problem: 'inviteMalformed' })),
  'search-none': () =>
    busy({ type: 'searched', text: 'zeppelin' }, { type: 'found', found: { messages: [], complete: true, text: 'zeppelin' } }),

  list: () => busy(),
  requests: () => busy({ type: 'view', view: { type: 'requests' } }),
  request: () => chat(stranger, strangerTalk),
  'request-delete': () =>
    chat(stranger, strangerTalk, ...dialog({ type: 'confirm', what: 'deleteRequest', contact: stranger.address })),

  chat: () => chat(anna, annaTalk),
  'chat-empty': () => chat(contact(12, { petname: 'Mira', standing: 'invited', reach: { type: 'looking' } }), []),
  'chat-states': () => chat(anna, statesTalk),
  'chat-awaiting': () => chat(unnamed, talk(unnamed, [['me', 5, 'Hi, it is me from the workshop', 'sentAwaitingAnswer']])),
  'chat-gap': () =>
    chat(anna, [...annaTalk.slice(0, -1), ...talk(anna, [['them', 0, 'Bring the thermos', 'delivered', true]]).map(last)]),
  'chat-no-relay': () =>
    chat({ ...anna, reach: { type: 'notOnline' } }, statesTalk.slice(0, 3), told({ type: 'network', network: searching })),
  'chat-offline': () =>
    chat({ ...anna, reach: { type: 'notOnline' } }, annaTalk, told({ type: 'network', network: { online: false, relays: [], direct: [] } })),
  'chat-draft-near': () => chat(anna, annaTalk, draft('The sea speaks. '.repeat(470))),
  'chat-draft-over': () => chat(anna, annaTalk, draft('The sea speaks. '.repeat(530))),
  'chat-refused': () =>
    chat(unnamed, talk(unnamed, [['me', 5, 'Hi', 'sentAwaitingAnswer']]), {
      type: 'sendRefused',
      contact: unnamed.address,
      text: 'A sixth message',
      problem: 'requestFull',
    }),
  'chat-new-install': () => chat({ ...anna, newInstall: true }, annaTalk),
  'chat-blocked': () => chat(foe, talk(foe, [['them', 3000, 'Buy now']])),
  'chat-rtl': () =>
    chat(reem, talk(reem, [
      ['them', 60, 'مرحبا! هل وصلتِ إلى البيت؟'],
      ['me', 58, 'Yes, five minutes ago'],
      ['them', 57, 'الحمد لله. أرسلي لي رابط https://example.org/kitab من فضلك.'],
      ['me', 3, 'نعم، غدًا صباحًا', 'waiting'],
    ])),
  'chat-long-name': () => chat(long, talk(long, [['me', 3, 'Short answer', 'waiting']])),
  'chat-override-name': () =>
    chat(contact(13, { petname: '\u202Eevil\u202Emoc.knab', ownName: '\u202Egnp.exe' }), []),
  'chat-combining': () => chat(anna, talk(anna, [['them', 3, combining], ['me', 2, 'Are you all right?']])),
  'chat-xss': () =>
    chat(
      contact(14, { petname: xss[1] ?? '', ownName: xss[0] ?? '' }),
      talk(contact(14), xss.map((text, index) => [index % 3 === 2 ? 'me' : 'them', 60 - index, text])),
    ),
  'requests-xss': () =>
    busy(
      ...people(
        ...xss.slice(0, 6).map((text, index): [ContactView, Message[]] => {
          const one = contact(20 + index, { standing: 'request', ownName: text });
          return [one, talk(one, [['them', 5, text]])];
        }),
      ),
      { type: 'view', view: { type: 'requests' } },
    ),

  details: () => chat(anna, annaTalk, ...dialog({ type: 'details', contact: anna.address, safetyNumber: digits })),
  'details-hidden': () =>
    chat({ ...anna, hidesAddress: true }, annaTalk, ...dialog({ type: 'details', contact: anna.address })),
  'details-hidden-from-all': () =>
    chat(anna, annaTalk, told({ type: 'own', own: { ...own, hidesAddress: true } }), ...dialog({ type: 'details', contact: anna.address })),
  'chat-direct': () => chat({ ...anna, reach: { type: 'direct' } }, annaTalk),
  rename: () =>
    chat(anna, annaTalk, ...dialog({ type: 'details', contact: anna.address }, { type: 'rename', contact: anna.address })),
  'rename-refused': () => chat(anna, annaTalk, ...dialog({ type: 'rename', contact: anna.address, problem: 'nameTooLong' })),
  remove: () => chat(anna, annaTalk, ...dialog({ type: 'confirm', what: 'remove', contact: anna.address })),
  block: () => chat(anna, annaTalk, ...dialog({ type: 'confirm', what: 'block', contact: anna.address })),
  unblock: () => chat(foe, [], ...dialog({ type: 'confirm', what: 'unblock', contact: foe.address })),
  settings: () => busy(...dialog({ type: 'settings' })),
  'settings-hidden': () =>
    busy(told({ type: 'own', own: { ...own, name: 'Kim', presence: 'hidden', hidesAddress: true } }), ...dialog({ type: 'settings' })),
  blocked: () => busy(...people([foe, []], [foe2, []]), ...dialog({ type: 'settings' }, { type: 'blocked' })),
  'blocked-none': () => busy(...dialog({ type: 'settings' }, { type: 'blocked' })),
  network: () => busy(...dialog({ type: 'network' })),
  'network-none': () => after(ready(searching), told({ type: 'own', own: { ...own, findable: 'no' } }), ...dialog({ type: 'network' })),
  'phrase-show': () => busy(...dialog({ type: 'settings' }, { type: 'phraseShow', words })),
  'phrase-show-failed': () => busy(...dialog({ type: 'settings' }, { type: 'phraseShow', problem: 'storageFull' })),
  'phrase-restore': () => busy(...dialog({ type: 'settings' }, { type: 'phraseRestore' })),
  'phrase-refused': () => after(ready(), ...dialog({ type: 'phraseRestore', problem: 'phraseUnknownWord' })),
  about: () => busy(...dialog({ type: 'settings' }, { type: 'about' })),

  'notice-clock': () => chat(anna, annaTalk, told({ type: 'clockWrong', offsetMs: -3 * 3_600_000 })),
  'notice-in-use': () => busy(told({ type: 'own', own: { ...own, findable: 'inUseElsewhere' } })),
  'notice-storage': () => chat(anna, annaTalk, told({ type: 'storage', storage: { kept: true, locks: false, problem: 'failed' } })),
  'notice-failure': () => chat(anna, annaTalk, { type: 'failed', problem: 'internal' }),
  stopped: () => chat(anna, annaTalk, told({ type: 'stopped', why: 'closed' })),

  ...keepingStates,
};

const statesTalk = talk(anna, [
  ['them', 3 * (day / minute), 'Which states are there?'],
  ['me', 9, 'This one arrived.', 'delivered'],
  ['me', 8, 'This one waits for the network.', 'waiting'],
  ['me', 7, 'This one is on its way.', 'sending'],
  ['me', 6, 'They have not accepted me yet.', 'sentAwaitingAnswer'],
  ['me', 5, 'This one was given up.', 'notSent'],
]);

function last(message: Message): Message {
  return { ...message, id: `${message.id}-last`, order: '99999999' };
}

function draft(text: string): StoreEvent {
  return { type: 'drafted', contact: anna.address, text };
}
