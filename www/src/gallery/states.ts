/** Every state of the page that somebody should look at, by name. */
import type { ContactView, Message, NetworkView, PeerEvent } from '../api.ts';
import { reduce, startState, type Dialog, type State, type StoreEvent } from '../store.ts';
import { address, anna, contact, day, minute, now, own, pattern, talk } from './people.ts';
import { xss } from './xss.ts';

const link = `https://chat.example.org/#i/${'AQogA6EHv_PO-h5ghKP7K3dSpVY0Qk9jFwz8mTt2LrB1xYcDnEuHsWqGiJaXoNfZbV'.repeat(2)}`;
const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow'.split(' ');
const digits = '542856771288858015498434196827104958273645012938475610293847';

const connected: NetworkView = {
  online: true,
  relays: [
    {
      name: 'chat.example.org',
      address: '/dns4/chat.example.org/tcp/443/tls/ws',
      state: 'connected',
      reserved: true,
      roundTripMs: 34,
    },
    {
      name: 'relay.example.net',
      address: '/dns6/relay.example.net/tcp/443/tls/ws',
      state: 'connected',
      reserved: false,
      roundTripMs: 112,
    },
  ],
  direct: [{ local: 'host', remote: 'serverReflexive', roundTripMs: 18 }],
};
const searching: NetworkView = {
  online: true,
  relays: [
    { name: 'chat.example.org', address: '/dns4/chat.example.org/tcp/443/tls/ws', state: 'lost', reserved: false },
    { name: 'relay.example.net', address: '/dns6/relay.example.net/tcp/443/tls/ws', state: 'connecting', reserved: false },
  ],
  direct: [],
};

const bo = contact(3, { petname: 'Bo', unread: 3 });
const dana = contact(4, { petname: 'דנה לוי', reach: { type: 'direct' } });
const unnamed = contact(5, { ownName: 'river', standing: 'invited', reach: { type: 'looking' } });
const reem = contact(6, { petname: 'ريم الخطيب', reach: { type: 'looking' } });
const long = contact(7, {
  petname: 'Wolfeschlegelsteinhausenbergerdorff the Extraordinarily Long',
  unread: 128,
});
const stranger = contact(8, { standing: 'request', ownName: 'Jonas from the ferry', unread: 2 });
const nameless = contact(9, { standing: 'request', unread: 1 });
const foe = contact(10, { petname: 'Spam Lord', standing: 'blocked' });
const foe2 = contact(11, { standing: 'blocked' });

const annaTalk = talk(anna, [
  ['them', 26 * 60 + 30, 'Did you get home all right?'],
  ['me', 26 * 60 + 21, 'Yes, just in time before the rain.'],
  ['me', 26 * 60 + 20, 'Thank you for the book. I read the first chapter on the train.'],
  ['them', 71, 'And?'],
  ['me', 64, 'I did not expect the sea to be a character.\n\nNow I want to know what it does next.'],
  ['them', 60, 'Wait for chapter four. There is an interview with the author here: https://example.org/interviews/the-sea-speaks?lang=en'],
  ['me', 4, 'Saving it for tonight.'],
  ['them', 2, 'Ferry at eight?'],
  ['me', 1, 'I will be there.'],
]);

const others: [ContactView, Message[]][] = [
  [bo, talk(bo, [['me', 300, 'Keys are under the pot'], ['them', 190, 'Found them, thanks'], ['them', 189, 'Is the cat allowed outside?'], ['them', 188, 'She says yes']])],
  [dana, talk(dana, [['them', 1500, 'נתראה ביום חמישי בתחנה?']])],
  [unnamed, talk(unnamed, [['me', 1600, 'Hi, it is me from the workshop', 'sentAwaitingAnswer']])],
  [reem, talk(reem, [['me', 4 * 1440, 'See you on Thursday', 'waiting']])],
  [long, talk(long, [['them', 12 * 1440, 'I wrote you quite a long message which certainly does not fit into the one line that a list has']])],
];

/** A page with people and talk. */
function busy(...more: StoreEvent[]): State {
  return after(
    ready(),
    ...people([anna, annaTalk], ...others, [stranger, strangerTalk], [nameless, namelessTalk]),
    ...more,
  );
}

const strangerTalk = talk(stranger, [
  ['them', 50, 'Hello! We talked on the ferry about wooden boats.'],
  ['them', 49, 'You said I could ask you about the varnish. Which one was it?'],
]);
const namelessTalk = talk(nameless, [['them', 900, 'hi']]);

function ready(network: NetworkView = connected): State {
  return after(
    startState(now),
    { type: 'phase', phase: { type: 'ready' } },
    told({ type: 'own', own }),
    { type: 'pattern', address: own.address, pattern: pattern(own.address) },
    told({ type: 'network', network }),
  );
}

function told(event: PeerEvent): StoreEvent {
  return { type: 'peer', event };
}

function after(state: State, ...events: StoreEvent[]): State {
  return events.reduce(reduce, state);
}

function people(...list: [ContactView, Message[]][]): StoreEvent[] {
  return list.flatMap(([one, messages]) => [
    told({ type: 'contact', contact: one }),
    { type: 'pattern', address: one.address, pattern: pattern(one.address) },
    { type: 'history', contact: one.address, messages, complete: true },
  ]);
}

function chat(one: ContactView, messages: Message[], ...more: StoreEvent[]): State {
  return busy(told({ type: 'contactRemoved', address: one.address }), ...people([one, messages]), { type: 'view', view: { type: 'chat', contact: one.address } }, ...more);
}

function dialog(...list: Dialog[]): StoreEvent[] {
  return list.map((one) => ({ type: 'dialogOpened', dialog: one }));
}

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
  'search-none': () => busy({ type: 'searched', text: 'zeppelin' }),

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
  'phrase-restore': () => busy(...dialog({ type: 'settings' }, { type: 'phraseRestore' })),
  'phrase-refused': () => after(ready(), ...dialog({ type: 'phraseRestore', problem: 'phraseUnknownWord' })),
  about: () => busy(...dialog({ type: 'settings' }, { type: 'about' })),

  'notice-clock': () => chat(anna, annaTalk, told({ type: 'clockWrong', offsetMs: -3 * 3_600_000 })),
  'notice-in-use': () => busy(told({ type: 'own', own: { ...own, findable: 'inUseElsewhere' } })),
  'notice-storage': () => chat(anna, annaTalk, told({ type: 'storageFailed' })),
  'notice-failure': () => chat(anna, annaTalk, { type: 'failed', problem: 'internal' }),
  stopped: () => chat(anna, annaTalk, told({ type: 'stopped' })),
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
