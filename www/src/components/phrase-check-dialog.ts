import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property, queryAll } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { Problem } from '../problem.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { problemLine } from './problem-line.ts';
import './dialog.ts';

/**
 * Asks for a few of the twelve words, so that what was noted is right.
 *
 * Properties: `asked` (positions, from 0), `problem`.
 * Actions: `checkWords`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-phrase-check-dialog')
export class PhraseCheckDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      .input {
        font-family: var(--mono);
      }
    `,
  ];

  @property({ attribute: false }) asked: readonly number[] = [];
  @property() problem: Problem | undefined;
  @queryAll('input') inputs!: NodeListOf<HTMLInputElement>;

  override render(): TemplateResult {
    const words = strings.phrase;
    return html`<lk-dialog heading=${words.checkTitle} deep sticky>
      <form id="form" @submit=${this.#submit}>
        <p class="soft">${words.checkText}</p>
        ${this.asked.map(
          (at, index) => html`<div class="field">
            <label for="word-${at}">${words.word(at + 1)}</label>
            <input
              id="word-${at}"
              class="input"
              dir="ltr"
              autocomplete="off"
              autocapitalize="none"
              spellcheck="false"
              aria-describedby="problem"
              aria-invalid=${this.problem !== undefined}
              ?autofocus=${index === 0}
            />
          </div>`,
        )}
        ${problemLine(this.problem)}
      </form>
      <button slot="footer" class="button primary" type="submit" form="form">${words.check}</button>
    </lk-dialog>`;
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    act(this, { type: 'checkWords', typed: [...this.inputs].map((input) => input.value) });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-phrase-check-dialog': PhraseCheckDialogElement;
  }
}
