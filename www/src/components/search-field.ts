import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';

import { act } from '../actions.ts';
import type { ContactView, KeyPattern } from '../api.ts';
import { shortAddress } from '../format.ts';
import { nameOf } from '../people.ts';
import type { Outcome, Search } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import { problemLine } from './problem-line.ts';
import './key-pattern.ts';

/**
 * The one field: search, paste, add. What it made of an address stands right below it.
 *
 * Properties: `search`, `pattern` (of the address found), `known` (the contact of that address), `disabled`.
 * Methods: `focus()`. Actions: `search`, `openDialog`, `openChat`. Slots: none. Parts: `input`.
 */
@customElement('lk-search-field')
export class SearchFieldElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      .bar {
        position: relative;
        display: flex;
        align-items: center;
      }
      .bar > svg {
        position: absolute;
        inset-inline-start: 12px;
        color: var(--ink-soft);
        pointer-events: none;
      }
      .input {
        padding-inline: 2.5rem;
        text-overflow: ellipsis;
      }
      .clear {
        position: absolute;
        inset-inline-end: 0;
      }
      .clear:hover {
        background: transparent;
      }
      .found {
        display: flex;
        align-items: center;
        gap: 12px;
        inline-size: 100%;
        margin-block-start: 8px;
        padding: 8px 12px;
        border: 1px solid var(--accent);
        border-radius: var(--radius-s);
        background: var(--accent-wash);
        text-align: start;
      }
      .found > span {
        flex: 1;
        min-inline-size: 0;
        display: grid;
      }
      .found strong {
        color: var(--accent-ink);
        font-weight: 600;
      }
      .problem {
        margin-block-start: 8px;
      }
    `,
  ];

  @property({ attribute: false }) search: Search = { text: '', outcome: undefined, found: undefined };
  @property({ attribute: false }) pattern: KeyPattern | undefined;
  @property({ attribute: false }) known: ContactView | undefined;
  @property({ type: Boolean }) disabled = false;
  @query('input') input!: HTMLInputElement;

  override focus(): void {
    // After an unlock it is asked for before it has been drawn.
    void this.updateComplete.then(() => {
      this.input.focus();
    });
  }

  override render(): TemplateResult {
    const words = strings.search;
    const { text, outcome } = this.search;
    const problem = outcome?.type === 'problem' ? outcome.problem : undefined;
    return html`<form role="search" @submit=${this.#submit}>
      <div class="bar">
        ${icon('search')}
        <input
          part="input"
          class="input"
          type="text"
          enterkeyhint="go"
          dir="auto"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          aria-label=${words.label}
          aria-describedby="problem"
          aria-invalid=${problem !== undefined}
          placeholder=${words.placeholder}
          ?disabled=${this.disabled}
          .value=${live(text)}
          @input=${this.#typed}
          @keydown=${this.#key}
        />
        ${text === ''
          ? nothing
          : html`<button class="icon-button clear" type="button" aria-label=${words.clear} @click=${this.#clear}>
              ${icon('x')}
            </button>`}
      </div>
      ${outcome?.type === 'found' ? this.#found(outcome) : nothing} ${problemLine(problem)}
    </form>`;
  }

  #found({ parsed }: Outcome & { type: 'found' }): TemplateResult {
    const words = strings.search;
    const title = this.known === undefined ? shortAddress(parsed.address) : nameOf(this.known);
    return html`<button class="found" type="submit">
      <lk-key-pattern .pattern=${this.pattern}></lk-key-pattern>
      <span>
        <span class="cut"><bdi>${title}</bdi></span>
        <strong class="small">${this.known === undefined ? words.add : words.open}</strong>
      </span>
      ${icon(this.known === undefined ? 'userPlus' : 'chevronRight')}
    </button>`;
  }

  #typed(): void {
    act(this, { type: 'search', text: this.input.value });
  }

  #clear(): void {
    act(this, { type: 'search', text: '' });
    this.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || this.search.text === '') return;
    event.preventDefault();
    this.#clear();
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    const { outcome } = this.search;
    if (outcome?.type !== 'found') return;
    if (this.known !== undefined) {
      act(this, { type: 'search', text: '' });
      act(this, { type: 'openChat', contact: this.known.address });
      return;
    }
    act(this, { type: 'openDialog', dialog: { type: 'add', text: outcome.text, parsed: outcome.parsed } });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-search-field': SearchFieldElement;
  }
}
