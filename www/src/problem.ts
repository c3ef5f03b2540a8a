/** What can go wrong: the stable codes of the JS API, and the few of the page itself. */
import type { ErrorCode } from './api.ts';
import { strings } from './strings.ts';

/**
 * `samePhrase`: the words typed in are those of the identity in use. `wordsDiffer`: those noted are not. `wasmFailed`:
 * the program could not be loaded. The passphrase that is set must not be empty, and be typed twice alike.
 */
export type Problem =
  | ErrorCode
  | 'samePhrase'
  | 'wordsDiffer'
  | 'wasmFailed'
  | 'passphraseEmpty'
  | 'passphrasesDiffer';

/** Returns the code that an error of the JS API carries; anything else is `internal`. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Error && 'code' in error && isProblem(error.code)) return error.code;
  return 'internal';
}

function isProblem(code: unknown): code is Problem {
  return typeof code === 'string' && Object.hasOwn(strings.problems, code);
}
