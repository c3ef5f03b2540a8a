import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';

/**
 * After the first contact: what the browser answered when it was asked to keep all this, and the words to note.
 *
 * Properties: `persisted`.
 * Actions: `openDialog`, `putOff`. Slots: none. Parts: none.
 */
@customElement('lk-keep-nudge')
export class KeepNudgeElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      .card {
        display: grid;
        gap: 8px;
        margin-block-end: 4px;
        padding: 12px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
      }
      .button {
        min-block-size: 2rem;
        padding: 2px 12px;
        font-size: var(--text-s);
      }
    `,
  ];

  @property({ type: Boolean }) persisted = false;

  override render(): TemplateResult {
    const words = strings.keep;
    return html`<div class="card small">
      <p class="soft">${this.persisted ? words.promised : words.noPromise} ${words.text}</p>
      <div class="actions">
        <button
          class="button"
          type="button"
          @click=${() => {
            act(this, { type: 'openDialog', dialog: { type: 'phraseShow' } });
          }}
        >
          ${words.show}
        </button>
        <button
          class="button plain"
          type="button"
          @click=${() => {
            act(this, { type: 'putOff' });
          }}
        >
          ${words.later}
        </button>
      </div>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-keep-nudge': KeepNudgeElement;
  }
}
