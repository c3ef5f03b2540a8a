import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { ContactView, KeyPattern, ParsedAddress } from '../api.ts';
import type { Problem } from '../problem.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { problemLine } from './problem-line.ts';
import './address.ts';
import './dialog.ts';

/**
 * Asks whether to start a conversation with an address or link, and under which name.
 *
 * Properties: `text` (what was pasted), `parsed`, `pattern`, `known` (the contact, if it is one already), `problem`,
 * `deep`.
 * Actions: `add`, `openChat`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-add-dialog')
export class AddDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      #form {
        gap: 16px;
      }
    `,
  ];

  @property() text = '';
  @property({ attribute: false }) parsed: ParsedAddress | undefined;
  @property({ attribute: false }) pattern: KeyPattern | undefined;
  @property({ attribute: false }) known: ContactView | undefined;
  @property() problem: Problem | undefined;
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult {
    const words = strings.add;
    const { parsed, known } = this;
    const name = parsed?.name;
    return html`<lk-dialog heading=${words.title} ?deep=${this.deep} sticky>
      <form id="form" @submit=${this.#submit}>
        <p class="soft">${known === undefined ? words.text : words.known}</p>
        <lk-address .address=${parsed?.address ?? ''} .pattern=${this.pattern}></lk-address>
        ${name === undefined ? nothing : html`<p>${words.callThemselves(name)}</p>`}
        ${parsed?.expired === true ? html`<p class="soft small">${words.expired}</p>` : nothing}
        ${known === undefined
          ? html`<div class="field">
              <label for="name">${words.name}</label>
              <input
                id="name"
                name="name"
                class="input"
                dir="auto"
                autocomplete="off"
                maxlength="64"
                aria-describedby="hint"
                .value=${name ?? ''}
              />
              <p id="hint" class="soft small">${words.nameHint}</p>
            </div>`
          : nothing}
        ${problemLine(this.problem)}
      </form>
      <button slot="footer" class="button" type="button" @click=${this.#cancel}>${strings.cancel}</button>
      <button slot="footer" class="button primary" type="submit" form="form" autofocus>
        ${known === undefined ? words.action : words.open}
      </button>
    </lk-dialog>`;
  }

  #submit(event: SubmitEvent & { currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    if (this.parsed === undefined) return;
    const { address } = this.parsed;
    if (this.known !== undefined) {
      act(this, { type: 'openChat', contact: address });
      return;
    }
    const name = new FormData(event.currentTarget).get('name');
    act(this, { type: 'add', text: this.text, address, name: typeof name === 'string' ? name.trim() : '' });
  }

  #cancel(): void {
    act(this, { type: 'closeDialog' });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-add-dialog': AddDialogElement;
  }
}
