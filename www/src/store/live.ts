/** The live store: holds the state, and tells components when it has changed. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

import { reduce, type State, type StoreEvent } from '../store.ts';

export interface Store {
  readonly state: State;
  dispatch(event: StoreEvent): void;
  /** Calls the listener after each change; returns the function that ends it. */
  subscribe(listener: () => void): () => void;
}

/** Returns a store that starts with this state. */
export function makeStore(start: State): Store {
  let state = start;
  const listeners = new Set<() => void>();
  return {
    get state() {
      return state;
    },
    dispatch(event) {
      const next = reduce(state, event);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Returns a controller that renders its host anew after each change of the store. */
export function follow(host: ReactiveControllerHost, store: Store): ReactiveController {
  let end: (() => void) | undefined;
  return {
    hostConnected() {
      end = store.subscribe(() => {
        host.requestUpdate();
      });
    },
    hostDisconnected() {
      end?.();
    },
  };
}
