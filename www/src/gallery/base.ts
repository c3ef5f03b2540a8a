/** What the states of the gallery are made of: people, talk, and a page that shows them. */
import type { ContactView, Message, NetworkView, PeerEvent } from '../api.ts';
import { reduce, startState, type Dialog, type State, type StoreEvent } from '../store.ts';
import { anna, contact, now, own, pattern, talk } from './people.ts';

export const link = `https://chat.example.org/#i/${'AQogA6EHv_PO-h5ghKP7K3dSpVY0Qk9jFwz8mTt2LrB1xYcDnEuHsWqGiJaXoNfZbV'.repeat(2)}`;
export const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow'.split(' ');
export const digits = '542856771288858015498434196827104958273645012938475610293847';

export const connected: NetworkView = {
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
export const searching: NetworkView = {
  online: true,
  relays: [
    { name: 'chat.example.org', address: '/dns4/chat.example.org/tcp/443/tls/ws', state: 'lost', reserved: false },
    { name: 'relay.example.net', address: '/dns6/relay.example.net/tcp/443/tls/ws', state: 'connecting', reserved: false },
  ],
  direct: [],
};

export const bo = contact(3, { petname: 'Bo', unread: 3 });
export const dana = contact(4, { petname: 'דנה לוי', reach: { type: 'direct' } });
export const unnamed = contact(5, { ownName: 'river', standing: 'invited', reach: { type: 'looking' } });
export const reem = contact(6, { petname: 'ريم الخطيب', reach: { type: 'looking' } });
export const long = contact(7, {
  petname: 'Wolfeschlegelsteinhausenbergerdorff the Extraordinarily Long',
  unread: 128,
});
export const stranger = contact(8, { standing: 'request', ownName: 'Jonas from the ferry', unread: 2 });
export const nameless = contact(9, { standing: 'request', unread: 1 });
export const foe = contact(10, { petname: 'Spam Lord', standing: 'blocked' });
export const foe2 = contact(11, { standing: 'blocked' });

export const annaTalk = talk(anna, [
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
export function busy(...more: StoreEvent[]): State {
  return after(
    ready(),
    ...people([anna, annaTalk], ...others, [stranger, strangerTalk], [nameless, namelessTalk]),
    ...more,
  );
}

export const strangerTalk = talk(stranger, [
  ['them', 50, 'Hello! We talked on the ferry about wooden boats.'],
  ['them', 49, 'You said I could ask you about the varnish. Which one was it?'],
]);
export const namelessTalk = talk(nameless, [['them', 900, 'hi']]);

export function ready(network: NetworkView = connected): State {
  return after(
    startState(now),
    { type: 'phase', phase: { type: 'ready' } },
    told({ type: 'own', own }),
    { type: 'pattern', address: own.address, pattern: pattern(own.address) },
    told({ type: 'network', network }),
    told({ type: 'storage', storage: { kept: true, persisted: true, locks: false } }),
    { type: 'keeping', change: { isNoted: true } },
  );
}

export function told(event: PeerEvent): StoreEvent {
  return { type: 'peer', event };
}

export function after(state: State, ...events: StoreEvent[]): State {
  return events.reduce(reduce, state);
}

export function people(...list: [ContactView, Message[]][]): StoreEvent[] {
  return list.flatMap(([one, messages]) => [
    told({ type: 'contact', contact: one }),
    { type: 'pattern', address: one.address, pattern: pattern(one.address) },
    { type: 'history', contact: one.address, messages, complete: true },
  ]);
}

export function chat(one: ContactView, messages: Message[], ...more: StoreEvent[]): State {
  return busy(told({ type: 'contactRemoved', address: one.address }), ...people([one, messages]), { type: 'view', view: { type: 'chat', contact: one.address } }, ...more);
}

export function dialog(...list: Dialog[]): StoreEvent[] {
  return list.map((one) => ({ type: 'dialogOpened', dialog: one }));
}
