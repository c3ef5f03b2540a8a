import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { act } from '../actions.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import './dialog.ts';
import './switch.ts';

/**
 * Asks before a conversation ends: what that means, what is not sent any more, and whether the messages go as well.
 *
 * Properties: `contact` (address), `name`, `unsent` (how many are not delivered), `busy`.
 * Actions: `endConversation`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-end-dialog')
export class EndDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      .stack {
        gap: 12px;
      }
      lk-switch {
        padding-block-start: 12px;
        border-block-start: 1px solid var(--line);
      }
    `,
  ];

  @property() contact = '';
  @property() name = '';
  @property({ type: Number }) unsent = 0;
  @property({ type: Boolean }) busy = false;
  @state() burns = false;

  override render(): TemplateResult {
    const words = strings.ending;
    return html`<lk-dialog heading=${words.title(this.name)} question>
      <div class="stack">
        <p class="soft">${words.keys}</p>
        <p class="soft">${words.stays}</p>
        ${this.unsent === 0 ? nothing : html`<p>${words.unsent(this.unsent)}</p>`}
        <lk-switch
          name="burn"
          label=${words.burn}
          hint=${this.burns ? words.burnHint : words.keepHint}
          .on=${this.burns}
          @change=${(event: CustomEvent<boolean>) => {
            this.burns = event.detail;
          }}
        ></lk-switch>
      </div>
      <button slot="footer" class="button" type="button" autofocus @click=${this.#cancel}>${strings.cancel}</button>
      <button slot="footer" class="button danger" type="button" ?disabled=${this.busy} @click=${this.#confirm}>
        ${words.confirm}
      </button>
    </lk-dialog>`;
  }

  #cancel(): void {
    act(this, { type: 'closeDialog' });
  }

  #confirm(): void {
    act(this, { type: 'endConversation', contact: this.contact, burn: this.burns });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-end-dialog': EndDialogElement;
  }
}
