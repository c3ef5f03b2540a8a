import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { Problem } from '../problem.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { problemLine } from './problem-line.ts';
import './dialog.ts';

/**
 * Asks before a new identity takes the place of one that was here.
 *
 * Properties: `busy`, `problem`.
 * Actions: `beginAnew`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-begin-anew-dialog')
export class BeginAnewDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      .stack {
        gap: 8px;
      }
    `,
  ];

  @property({ type: Boolean }) busy = false;
  @property() problem: Problem | undefined;

  override render(): TemplateResult {
    const words = strings.opening.beginAnew;
    return html`<lk-dialog heading=${words.title} question>
      <div class="stack">
        <p class="soft">${words.text}</p>
        <p>${words.deletes}</p>
        ${problemLine(this.problem)}
      </div>
      <button
        slot="footer"
        class="button"
        type="button"
        autofocus
        @click=${() => {
          act(this, { type: 'closeDialog' });
        }}
      >
        ${strings.cancel}
      </button>
      <button
        slot="footer"
        class="button danger"
        type="button"
        ?disabled=${this.busy}
        @click=${() => {
          act(this, { type: 'beginAnew' });
        }}
      >
        ${this.busy ? words.working : words.action}
      </button>
    </lk-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-begin-anew-dialog': BeginAnewDialogElement;
  }
}
