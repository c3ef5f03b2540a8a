import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { Problem } from '../problem.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import { problemLine } from './problem-line.ts';
import './copy-button.ts';
import './dialog.ts';

/**
 * Shows the twelve words, after a click, so that nobody reads them over a shoulder by surprise.
 *
 * Properties: `words` (undefined while they are fetched), `problem` (why they were not), `deep`.
 * Actions: `askWords`, `announce`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-phrase-show-dialog')
export class PhraseShowDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      ol {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr));
        gap: 8px;
        counter-reset: word;
      }
      li {
        display: flex;
        align-items: baseline;
        gap: 8px;
        padding: 6px 12px;
        border: 1px solid var(--line);
        border-radius: var(--radius-s);
        background: var(--surface);
        font-family: var(--mono);
      }
      li::before {
        counter-increment: word;
        content: counter(word);
        min-inline-size: 1.25em;
        color: var(--ink-soft);
        font-size: var(--text-s);
        text-align: end;
      }
      .veil {
        display: grid;
        justify-items: center;
        gap: 12px;
        padding: 32px 16px;
        border: 1px dashed var(--line-strong);
        border-radius: var(--radius);
        text-align: center;
      }
    `,
  ];

  @property({ attribute: false }) words: readonly string[] | undefined;
  @property() problem: Problem | undefined;
  @property({ type: Boolean }) deep = false;
  @state() isShown = false;

  override render(): TemplateResult {
    const { phrase } = strings;
    return html`<lk-dialog heading=${phrase.showTitle} ?deep=${this.deep}>
      <div class="stack">
        <p>${phrase.showText}</p>
        ${this.problem === undefined ? (this.isShown ? this.#list() : this.#veil()) : nothing}
        ${problemLine(this.problem)}
      </div>
    </lk-dialog>`;
  }

  #veil(): TemplateResult {
    const { phrase } = strings;
    return html`<div class="veil">
      <p class="soft">${phrase.showWarning}</p>
      <button class="button primary" type="button" autofocus @click=${this.#reveal}>
        ${icon('eye')} ${phrase.reveal}
      </button>
    </div>`;
  }

  #list(): TemplateResult {
    const { words } = this;
    if (words === undefined) return html`<p class="soft">${strings.phrase.making}</p>`;
    return html`<ol dir="ltr" translate="no" tabindex="-1">
        ${words.map((word) => html`<li>${word}</li>`)}
      </ol>
      <div class="actions">
        <button
          class="button primary"
          type="button"
          @click=${() => {
            act(this, { type: 'askWords' });
          }}
        >
          ${icon('check')} ${strings.phrase.noted}
        </button>
        <lk-copy-button .text=${words.join(' ')}></lk-copy-button>
      </div>`;
  }

  async #reveal(): Promise<void> {
    this.isShown = true;
    await this.updateComplete;
    this.shadowRoot?.querySelector('ol')?.focus();
  }
}

/**
 * Takes twelve words and brings their identity back.
 *
 * Properties: `busy`, `problem`, `loses` (how many contacts the identity in use has; undefined if none is open), `kept`
 * (that identity is stored), `deep`.
 * Actions: `restore`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-phrase-restore-dialog')
export class PhraseRestoreDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      textarea {
        font-family: var(--mono);
        resize: vertical;
      }
      .warn {
        display: flex;
        gap: 8px;
        color: var(--warning);
      }
    `,
  ];

  @property({ type: Boolean }) busy = false;
  @property() problem: Problem | undefined;
  @property({ type: Number }) loses: number | undefined;
  @property({ type: Boolean }) kept = false;
  @property({ type: Boolean }) deep = false;
  @query('textarea') area!: HTMLTextAreaElement;
  @state() count = 0;

  override render(): TemplateResult {
    const { phrase } = strings;
    return html`<lk-dialog heading=${phrase.restoreTitle} ?deep=${this.deep} sticky>
      <form id="form" @submit=${this.#submit}>
        <p class="soft">${phrase.restoreText}</p>
        ${this.#loss()}
        <div class="field">
          <label for="words">${phrase.words}</label>
          <textarea
            id="words"
            class="input"
            rows="4"
            dir="ltr"
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            autofocus
            aria-describedby="count problem"
            aria-invalid=${this.problem !== undefined}
            @input=${this.#counted}
          ></textarea>
          <p id="count" class="soft small">${phrase.count(this.count)}</p>
        </div>
        ${problemLine(this.problem)}
      </form>
      <button slot="footer" class="button" type="button" @click=${this.#cancel}>${strings.cancel}</button>
      <button
        slot="footer"
        class="button ${this.#losesPeople ? 'danger' : 'primary'}"
        type="submit"
        form="form"
        ?disabled=${this.busy}
      >
        ${this.busy ? phrase.restoring : this.#losesPeople ? phrase.restoreAndDelete : phrase.restore}
      </button>
    </lk-dialog>`;
  }

  get #losesPeople(): boolean {
    return (this.loses ?? 0) > 0;
  }

  /** What is deleted for it. */
  #loss(): TemplateResult {
    const { phrase } = strings;
    const text = this.loses === undefined ? phrase.restoreUnreadable : phrase.restoreLoss(this.loses, this.kept);
    if (!this.#losesPeople) return html`<p class="soft">${text}</p>`;
    return html`<div class="warn small">
      ${icon('circleAlert')}
      <div>
        <p>${text}</p>
        <p>${phrase.restoreLossHint}</p>
      </div>
    </div>`;
  }

  #counted(): void {
    this.count = this.area.value.split(/\s+/u).filter(Boolean).length;
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    act(this, { type: 'restore', phrase: this.area.value });
  }

  #cancel(): void {
    act(this, { type: 'closeDialog' });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-phrase-show-dialog': PhraseShowDialogElement;
    'lk-phrase-restore-dialog': PhraseRestoreDialogElement;
  }
}
