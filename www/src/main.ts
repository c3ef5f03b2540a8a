/** The page: shows the shell at once, loads the peer, and connects the two. */
import './components/app.ts';
import { unreadCount } from './people.ts';
import { problemOf } from './problem.ts';
import { startSession, type Page, type Session } from './session.ts';
import { startState, type Missing } from './store.ts';
import { makeStore } from './store/live.ts';
import { strings } from './strings.ts';

const store = makeStore(startState(Date.now()));
const invite = takeInvite();
const app = document.createElement('lowkey-app');
app.store = store;
document.body.append(app);
void start();

async function start(): Promise<void> {
  const missing = whatIsMissing();
  if (missing !== undefined) {
    store.dispatch({ type: 'phase', phase: { type: 'unsupported', missing } });
    return;
  }
  let session: Session | undefined;
  app.addEventListener('action', ({ detail }) => {
    if (session !== undefined) session.act(detail);
    else if (detail.type === 'reload') location.reload();
  });
  try {
    const { loadPeer } = await import('./peer.ts');
    const port = await loadPeer().catch((cause: unknown) => {
      throw Object.assign(new Error('the wasm did not load', { cause }), { code: 'wasmFailed' });
    });
    session = await startSession(port, store, {
      origin: location.origin,
      // Set by `cargo xtask dev` alone, where Vite serves the page and a relay stands beside it.
      relay: import.meta.env.VITE_LOWKEY_RELAY,
      isVisible: () => document.visibilityState === 'visible',
      reload: () => {
        location.reload();
      },
      download,
      ...notes(),
    });
    connect(session);
  } catch (error) {
    store.dispatch({ type: 'phase', phase: { type: 'failed', problem: problemOf(error) } });
  }
}

function connect(session: Session): void {
  if (invite !== undefined) session.invited(invite);
  // A link opened while the page is there changes the fragment only.
  addEventListener('hashchange', () => {
    const link = takeInvite();
    if (link !== undefined) session.invited(link);
  });
  document.addEventListener('visibilitychange', session.shown);
  addEventListener('beforeunload', (event) => {
    const { storage, contacts } = store.state;
    // What is kept needs no warning.
    if (storage?.kept === false && contacts.size > 0) event.preventDefault();
  });
  store.subscribe(() => {
    const unread = unreadCount(store.state);
    document.title = unread === 0 ? strings.product : strings.titleUnread(unread);
  });
  bindBackGesture(session);
  setInterval(() => {
    store.dispatch({ type: 'tick', nowMs: Date.now() });
  }, 60_000);
}

/**
 * Lets the back gesture lead from a conversation to the list.
 * One entry stands for "not the list", whatever is shown: it names nobody, so the browser's history does not either.
 */
function bindBackGesture(session: Session): void {
  const deep = 'deep';
  let isGoingBack = false;
  if (history.state === deep) history.replaceState(null, '');
  const isDeep = (): boolean => store.state.view.type !== 'list';
  store.subscribe(() => {
    if (isGoingBack || isDeep() === (history.state === deep)) return;
    if (isDeep()) {
      history.pushState(deep, '');
    } else {
      isGoingBack = true;
      history.back();
    }
  });
  addEventListener('popstate', () => {
    if (!isGoingBack) {
      if (isDeep()) session.act({ type: 'back' });
      return;
    }
    isGoingBack = false;
    // Another conversation was opened before the browser had gone back.
    if (isDeep()) history.pushState(deep, '');
  });
}

/** Takes an invite out of the address bar before anything else can see it there. */
function takeInvite(): string | undefined {
  if (!location.hash.startsWith('#i/')) return undefined;
  const link = location.href;
  history.replaceState(history.state, '', location.pathname + location.search);
  return link;
}

/** Hands a file to the browser's downloads. */
function download(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after this task.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}

/** Remembers that the words of an address were noted: nothing secret, and no harm if it is forgotten. */
function notes(): Pick<Page, 'isNoted' | 'note'> {
  const key = 'lowkey.noted';
  return {
    isNoted: (address) => {
      try {
        return localStorage.getItem(key) === address;
      } catch {
        return false;
      }
    },
    note: (address) => {
      try {
        localStorage.setItem(key, address);
      } catch {
        // A browser that stores nothing asks again after a reload.
      }
    },
  };
}

function whatIsMissing(): Missing | undefined {
  if (!isSecureContext) return 'secureContext';
  if (!('WebAssembly' in globalThis)) return 'wasm';
  if (!('WebSocket' in globalThis)) return 'webSocket';
  return undefined;
}
