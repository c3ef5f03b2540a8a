/**
 * Chromium behind each kind of NAT: which pairs are direct, and that all of them talk. Runs in the lab of network
 * namespaces (`tests/nat`), which needs root. Firefox is driven over the network, and would have to be reached there.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { launchInside } from './browsers.ts';
import { Person } from './person.ts';
import { pairs, watch } from './watched.ts';

/** What the lab says of itself. */
interface Lab {
  readonly origin: string;
  readonly places: readonly {
    readonly kind: string;
    /** Of one who asks, and of one who is asked. */
    readonly namespaces: readonly [string, string];
    /** With which kinds a direct path is possible. */
    readonly directTo: readonly string[];
  }[];
}

/** Texts that each sends to each. */
const TEXTS = ['one', 'two', 'three'];

const lab = JSON.parse(process.env['LOWKEY_LAB'] ?? '{"places":[]}') as Lab;
/** All pairs, in rounds: nobody is in two pairs of a round, so that those of one round can talk at the same time. */
const rounds = lab.places.map((_, shift) =>
  lab.places.map(({ kind, directTo }, at) => {
    const other = lab.places[(at + shift) % lab.places.length]!.kind;
    return [kind, other, directTo.includes(other) ? 'direct' : 'relayed'] as const;
  }),
);

/** How long ICE may take to give up, for one who is trying with several contacts; milliseconds. */
const GIVING_UP = 90_000;

/** Who asks and who is asked, behind each kind. */
const asking = new Map<string, Person>();
const asked = new Map<string, Person>();

beforeAll(async () => {
  for (const { kind, namespaces } of lab.places) {
    const [one, other] = await Promise.all([live(namespaces[0]), live(namespaces[1])]);
    asking.set(kind, one);
    asked.set(kind, other);
  }
  await Promise.all([...asked.values()].map((person) => person.isFindable()));
});

afterAll(async () => {
  await Promise.all([...asking.values(), ...asked.values()].map((person) => person.leave()));
});

describe.each(rounds.map((pairs, at) => ({ pairs, at })))('round $at', ({ pairs }) => {
  test.concurrent.each(pairs)('%s and %s: %s', talk);
});

test('no page complained', () => {
  for (const { browser } of [...asking.values(), ...asked.values()]) expect(browser.complaints).toEqual([]);
});

/** Both talk, on the path that is expected between them. */
async function talk(one: string, other: string, expected: 'direct' | 'relayed'): Promise<void> {
  const [ann, ben] = [find(asking, one), find(asked, other)];
  const both = (act: (person: Person) => Promise<void>): Promise<unknown> => Promise.all([act(ann), act(ben)]);
  await ann.add(await ben.address());
  await ann.writes('Hello');
  await ben.accept();
  await ann.mineAre('delivered');
  await ben.writes('Hello');
  await both((person) => person.mineAre('delivered'));
  await both((person) => (expected === 'direct' ? person.isReached(strings.reach.direct) : hasTried(person)));
  for (const text of TEXTS) {
    await both((person) => person.writes(text));
    await both((person) => person.mineAre('delivered'));
  }
  await both((person) => person.reads('Hello', ...TEXTS));
  if (expected === 'direct') {
    for (const { page } of [ann, ben]) {
      const found = await pairs(page);
      expect(found.length).toBeGreaterThan(0);
      for (const { local, remote } of found) expect([local, remote]).not.toContain('relay');
    }
  } else {
    const words = strings.reach.throughRelay('').slice(0, 'Through relay'.length);
    await both((person) => person.isReached(words));
  }
}

async function live(namespace: string): Promise<Person> {
  const browser = await launchInside(namespace, lab.origin);
  const page = await browser.page();
  await watch(page);
  await page.goto(lab.origin);
  return Person.on(browser, page);
}

function find(people: ReadonlyMap<string, Person>, kind: string): Person {
  const person = people.get(kind);
  if (person === undefined) throw new Error(`nobody is behind ${kind}`);
  return person;
}

/** Waits until a direct path was tried, and none is being tried any more. */
async function hasTried({ page }: Person): Promise<void> {
  const settled = (): boolean => {
    const { connections } = Reflect.get(window, 'watched') as { connections: RTCPeerConnection[] };
    const states = connections.map(({ connectionState }) => connectionState);
    return states.length > 0 && states.every((state) => ['connected', 'failed', 'closed'].includes(state));
  };
  await page.waitForFunction(settled, { timeout: GIVING_UP });
}
