/** Arrow keys, Home and End between the buttons of a list. */

/** Handles a key pressed on a list, and moves the focus. */
export function moveInList(event: KeyboardEvent): void {
  const list = event.currentTarget;
  if (!(list instanceof HTMLElement)) return;
  const buttons = [...list.querySelectorAll('button')];
  const root = list.getRootNode();
  const active = root instanceof ShadowRoot ? root.activeElement : document.activeElement;
  const at = buttons.findIndex((button) => button === active);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  const button = to === undefined ? undefined : buttons[to];
  if (button === undefined) return;
  event.preventDefault();
  button.focus();
}
