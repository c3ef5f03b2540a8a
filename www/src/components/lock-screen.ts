import { LitElement, css, html, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { Problem } from '../problem.ts';
import type { Dialog } from '../store.ts';
import { strings } from '../strings.ts';
import { screen } from '../styles/screen.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import type { PassphraseFieldElement } from './passphrase-field.ts';
import { problemLine } from './problem-line.ts';
import './passphrase-field.ts';

/**
 * The whole page while what is kept here is locked: the passphrase, and what can be done without it.
 *
 * Properties: `busy`, `problem`.
 * Actions: `unlock`, `openDialog`. Slots: none. Parts: none.
 */
@customElement('lk-lock-screen')
export class LockScreenElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    screen,
    css`
      form {
        display: grid;
        gap: 12px;
        inline-size: min(20rem, 100%);
      }
      details {
        max-inline-size: 28rem;
      }
      summary {
        padding: 8px;
        border-radius: var(--radius-s);
        color: var(--accent-ink);
        cursor: pointer;
      }
      details > div {
        display: grid;
        justify-items: center;
        gap: 12px;
        padding-block-start: 4px;
      }
      .actions {
        justify-content: center;
      }
    `,
  ];

  @property({ type: Boolean }) busy = false;
  @property() problem: Problem | undefined;
  @query('lk-passphrase-field') field!: PassphraseFieldElement;

  override firstUpdated(): void {
    this.field.focus();
  }

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has('problem') || this.problem === undefined || this.busy) return;
    this.field.clear();
    this.field.focus();
  }

  override render(): TemplateResult {
    const words = strings.opening.locked;
    return html`<div class="box">
      <span class="mark">${icon('lock')}</span>
      <div>
        <h2>${words.title}</h2>
        <p class="soft">${words.text}</p>
      </div>
      <form @submit=${this.#submit}>
        <lk-passphrase-field
          label=${words.passphrase}
          ?invalid=${this.problem !== undefined}
          @enter=${this.#unlock}
        ></lk-passphrase-field>
        ${problemLine(this.problem)}
        <button class="button primary" type="submit" ?disabled=${this.busy}>
          ${this.busy ? words.opening : words.open}
        </button>
        <p class="soft small" role="status">${this.busy ? words.openingHint : ''}</p>
      </form>
      <details>
        <summary>${words.forgotten}</summary>
        <div>
          <p class="soft small">${words.forgottenText}</p>
          <div class="actions">
            ${this.#door(strings.opening.words, { type: 'phraseRestore' })}
            ${this.#door(strings.opening.anew, { type: 'beginAnew' })}
          </div>
        </div>
      </details>
    </div>`;
  }

  #door(label: string, dialog: Dialog): TemplateResult {
    return html`<button
      class="button"
      type="button"
      @click=${() => {
        act(this, { type: 'openDialog', dialog });
      }}
    >
      ${label}
    </button>`;
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    this.#unlock();
  }

  #unlock(): void {
    if (!this.busy) act(this, { type: 'unlock', passphrase: this.field.value });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-lock-screen': LockScreenElement;
  }
}
