import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { Consequence } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import './dialog.ts';

/**
 * Asks before something with a consequence, and says the consequence.
 *
 * Properties: `what`, `contact` (address), `name`.
 * Actions: `remove`, `block`, `unblock`, `deleteRequest`, `deleteHistory`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-confirm-dialog')
export class ConfirmDialogElement extends LitElement {
  static override styles = [shared, controls];

  @property() what: Consequence = 'remove';
  @property() contact = '';
  @property() name = '';

  override render(): TemplateResult {
    const words = strings.confirmations[this.what](this.name);
    return html`<lk-dialog heading=${words.title} question>
      <p class="soft">${words.text}</p>
      <button slot="footer" class="button" type="button" autofocus @click=${this.#cancel}>
        ${strings.cancel}
      </button>
      <button
        slot="footer"
        class="button ${this.what === 'unblock' ? 'primary' : 'danger'}"
        type="button"
        @click=${this.#confirm}
      >
        ${words.action}
      </button>
    </lk-dialog>`;
  }

  #cancel(): void {
    act(this, { type: 'closeDialog' });
  }

  #confirm(): void {
    act(this, { type: this.what, contact: this.contact });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-confirm-dialog': ConfirmDialogElement;
  }
}
