/** What a person can ask for: components dispatch these, the session carries them out. */
import type { Message, PresenceMode } from './api.ts';
import type { Dialog, LockWay } from './store.ts';

export type Action =
  | { type: 'search'; text: string }
  | { type: 'add'; text: string; address: string; name: string }
  | { type: 'openChat'; contact: string }
  | { type: 'openMessage'; message: Message }
  | { type: 'openRequests' }
  | { type: 'back' }
  | { type: 'openDialog'; dialog: Dialog }
  | { type: 'closeDialog' }
  | { type: 'draft'; contact: string; text: string }
  | { type: 'send'; contact: string; text: string }
  | { type: 'retry'; contact: string; message: string }
  | { type: 'older'; contact: string }
  | { type: 'later'; contact: string }
  | { type: 'newest'; contact: string }
  | { type: 'rename'; contact: string; name: string }
  | { type: 'remove'; contact: string }
  | { type: 'block'; contact: string }
  | { type: 'unblock'; contact: string }
  | { type: 'acceptRequest'; contact: string }
  | { type: 'deleteRequest'; contact: string }
  | { type: 'deleteHistory'; contact: string }
  | { type: 'endConversation'; contact: string; burn: boolean }
  | { type: 'setPresence'; mode: PresenceMode }
  | { type: 'hideAddress'; contact: string | undefined; hide: boolean }
  | { type: 'setName'; name: string }
  | { type: 'useHere' }
  | { type: 'restore'; phrase: string }
  | { type: 'beginAnew' }
  | { type: 'unlock'; passphrase: string }
  | { type: 'setLock'; way: LockWay; current: string; fresh: string; again: string }
  | { type: 'lockNow' }
  | { type: 'persist' }
  | { type: 'exportBackup' }
  | { type: 'importBackup'; file: Blob }
  | { type: 'askWords' }
  | { type: 'checkWords'; typed: readonly string[] }
  | { type: 'putOff' }
  | { type: 'reconnect' }
  | { type: 'announce'; text: string }
  | { type: 'dismiss' }
  | { type: 'reload' };

declare global {
  interface HTMLElementEventMap {
    action: CustomEvent<Action>;
  }
}

/** Dispatches an action from a component; it bubbles out of every shadow root to the page. */
export function act(from: EventTarget, action: Action): void {
  from.dispatchEvent(new CustomEvent('action', { detail: action, bubbles: true, composed: true }));
}
