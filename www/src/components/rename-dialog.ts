import { LitElement, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { ContactView } from '../api.ts';
import type { Problem } from '../problem.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { problemLine } from './problem-line.ts';
import './dialog.ts';

/**
 * Gives a contact another name in one's own list.
 *
 * Properties: `contact`, `problem`, `deep`.
 * Actions: `rename`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-rename-dialog')
export class RenameDialogElement extends LitElement {
  static override styles = [shared, controls, fields];

  @property({ attribute: false }) contact: ContactView | undefined;
  @property() problem: Problem | undefined;
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult {
    const words = strings.rename;
    const { contact } = this;
    return html`<lk-dialog heading=${words.title} ?deep=${this.deep} sticky>
      <form id="form" @submit=${this.#submit}>
        ${contact?.ownName === undefined
          ? nothing
          : html`<p class="soft">${strings.person.callsThemselves(contact.ownName)}</p>`}
        <div class="field">
          <label for="name">${words.name}</label>
          <input
            id="name"
            name="name"
            class="input"
            dir="auto"
            autocomplete="off"
            maxlength="64"
            autofocus
            aria-describedby="hint problem"
            aria-invalid=${this.problem !== undefined}
            .value=${contact?.petname ?? contact?.ownName ?? ''}
          />
          <p id="hint" class="soft small">${words.hint}</p>
          ${problemLine(this.problem)}
        </div>
      </form>
      <button slot="footer" class="button" type="button" @click=${this.#cancel}>${strings.cancel}</button>
      <button slot="footer" class="button primary" type="submit" form="form">${strings.save}</button>
    </lk-dialog>`;
  }

  #submit(event: SubmitEvent & { currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    const name = new FormData(event.currentTarget).get('name');
    const contact = this.contact?.address;
    if (contact === undefined || typeof name !== 'string') return;
    act(this, { type: 'rename', contact, name: name.trim() });
  }

  #cancel(): void {
    act(this, { type: 'closeDialog' });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-rename-dialog': RenameDialogElement;
  }
}
