import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act, type Action } from '../actions.ts';
import { span } from '../format.ts';
import { startState, type State } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';

/**
 * What concerns the whole page and stays until it is over: stopped, storage, in use elsewhere, clock, offline;
 * and why the last thing that was asked for was not done.
 *
 * They are announced by the page's live region when they come.
 *
 * Properties: `state`.
 * Actions: `useHere`, `reload`, `openDialog`, `dismiss`. Slots: none. Parts: none.
 */
@customElement('lk-notices')
export class NoticesElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      .notice {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        padding: 8px 16px;
        border-block-end: 1px solid var(--line);
        background: var(--warning-wash);
        color: var(--warning);
      }
      .notice.grave {
        background: var(--danger-wash);
        color: var(--danger);
      }
      p {
        flex: 1 1 16rem;
        min-inline-size: 0;
      }
      .button {
        min-block-size: 2rem;
        padding: 2px 12px;
        border-color: currentColor;
        font-size: var(--text-s);
      }
      .button:hover {
        background: var(--paper);
      }
    `,
  ];

  @property({ attribute: false }) state: State = startState(0);

  override render(): TemplateResult {
    const words = strings.notices;
    const { phase, own, clockOffsetMs, network, failure } = this.state;
    return html`
      ${phase.type === 'stopped' ? this.#stopped(phase.why) : this.#storage()}
      ${own?.findable === 'inUseElsewhere'
        ? this.#notice(words.inUse, 'warn', words.useHere, { type: 'useHere' })
        : nothing}
      ${clockOffsetMs === 0 ? nothing : this.#notice(words.clockWrong(span(clockOffsetMs)), 'warn')}
      ${failure === undefined ? nothing : this.#notice(strings.problems[failure], 'grave', strings.close, { type: 'dismiss' })}
      ${network?.online === false ? this.#notice(words.offline, 'warn') : nothing}
    `;
  }

  #stopped(why: 'closed' | 'outdated'): TemplateResult {
    const { closed, closedInMemory, outdated } = strings.opening.stopped;
    const isLost = this.state.storage?.kept === false;
    const text = why === 'outdated' ? outdated : isLost ? closedInMemory : closed;
    return this.#notice(text, why === 'outdated' ? 'warn' : 'grave', strings.reload, { type: 'reload' });
  }

  #storage(): TemplateResult | typeof nothing {
    const { storage, contacts } = this.state;
    if (storage === undefined) return nothing;
    if (storage.problem !== undefined) {
      return this.#notice(strings.storage[storage.problem], 'grave', strings.storage.title, {
        type: 'openDialog',
        dialog: { type: 'storage' },
      });
    }
    if (storage.kept) return nothing;
    return contacts.size === 0
      ? this.#notice(strings.notices.memory, 'warn')
      : this.#notice(strings.notices.memory, 'warn', strings.settings.showPhrase, {
          type: 'openDialog',
          dialog: { type: 'phraseShow' },
        });
  }

  #notice(text: string, kind: 'grave' | 'warn', label?: string, action?: Action): TemplateResult {
    return html`<div class="notice small ${kind}">
      ${icon('circleAlert')}
      <p>${text}</p>
      ${label === undefined || action === undefined
        ? nothing
        : html`<button
            class="button"
            type="button"
            @click=${() => {
              act(this, action);
            }}
          >
            ${label}
          </button>`}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-notices': NoticesElement;
  }
}
