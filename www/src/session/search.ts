/** The one field: an address is parsed, words are searched for in the history. */
import { addressIn } from '../format.ts';
import { matching, conversations, requests } from '../people.ts';
import type { Outcome } from '../store.ts';
import type { Store } from '../store/live.ts';
import { strings } from '../strings.ts';
import type { OpenPeer } from './port.ts';

/** The most messages that are shown. */
const foundMost = 100;
/** How long the peer is left to read on before it is asked again, in milliseconds. */
const againMs = 500;

/** Returns what is called with each text that the field holds. */
export function makeSearch(
  store: Store,
  peer: () => OpenPeer,
  parse: (text: string) => Outcome,
): (text: string) => Promise<void> {
  const { dispatch } = store;
  let isAsking = false;

  /** Asks for the words in the field until the answer is for those that stand there. */
  async function ask(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    try {
      for (let text = wanted(); text !== undefined; text = wanted()) {
        const answer = await peer().search(text, foundMost);
        if (wanted() === undefined) return;
        dispatch({ type: 'found', found: { ...answer, text } });
        if (wordsInField() === text) say(answer.messages.length);
        if (!answer.complete) askLater(text);
      }
    } finally {
      isAsking = false;
    }
  }

  /** The history was not read to its end: asks once more, if the words are still the same. */
  async function again(text: string): Promise<void> {
    if (isAsking || store.state.phase.type !== 'ready' || wordsInField() !== text) return;
    const answer = await peer().search(text, foundMost);
    if (wordsInField() !== text) return;
    dispatch({ type: 'found', found: { ...answer, text } });
    if (!answer.complete) askLater(text);
  }

  function askLater(text: string): void {
    setTimeout(() => {
      // Nobody asked for this a second time, so nobody is told that it failed.
      again(text).catch(() => undefined);
    }, againMs);
  }

  function wordsInField(): string | undefined {
    const { text, outcome } = store.state.search;
    return text.trim() === '' || outcome !== undefined ? undefined : text.trim();
  }

  /** The words in the field, if they were not searched for yet. */
  function wanted(): string | undefined {
    const words = wordsInField();
    return words === store.state.search.found?.text ? undefined : words;
  }

  function say(messages: number): void {
    const { state } = store;
    const people = matching([...conversations(state), ...requests(state)], state.search.text).length;
    dispatch({ type: 'announced', text: strings.search.count(people, messages) });
  }

  return async (text) => {
    const candidate = addressIn(text);
    if (candidate === undefined) dispatch({ type: 'searched', text });
    else dispatch({ type: 'searched', text, outcome: parse(candidate) });
    await ask();
  };
}
