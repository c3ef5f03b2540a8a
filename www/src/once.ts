/**
 * Returns what makes a thing when it is first asked for, and then has it.
 *
 * The first formatter of `Intl` loads the browser's data of languages, which takes tens of milliseconds: no screen
 * needs to wait for that before it has a number or a time to show.
 */
export function once<T>(make: () => T): () => T {
  let made: { readonly thing: T } | undefined;
  return () => {
    made ??= { thing: make() };
    return made.thing;
  };
}
