import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import './dialog.ts';

/**
 * Says one thing that a person has to know before going on.
 *
 * Properties: `heading`, `text`.
 * Actions: `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-message-dialog')
export class MessageDialogElement extends LitElement {
  static override styles = [shared, controls];

  @property() heading = '';
  @property() text = '';

  override render(): TemplateResult {
    return html`<lk-dialog heading=${this.heading} question>
      <p class="soft">${this.text}</p>
      <button slot="footer" class="button primary" type="button" autofocus @click=${this.#close}>
        ${strings.close}
      </button>
    </lk-dialog>`;
  }

  #close(): void {
    act(this, { type: 'closeDialog' });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-message-dialog': MessageDialogElement;
  }
}
