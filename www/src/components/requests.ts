import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { ContactView, KeyPattern } from '../api.ts';
import { listTime, oneLine } from '../format.ts';
import { nameOf, type Row } from '../people.ts';
import type { Consequence } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import './key-pattern.ts';

/**
 * The request folder: who asks, what they wrote, and three answers.
 *
 * Properties: `rows`, `patterns`, `nowMs`.
 * Methods: `focus()`. Actions: `acceptRequest`, `openDialog`, `openChat`, `back`. Slots: none. Parts: none.
 */
@customElement('lk-requests')
export class RequestsElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      :host {
        block-size: 100%;
        overflow: auto;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        min-block-size: var(--bar);
        padding: 8px 16px;
        border-block-end: 1px solid var(--line);
      }
      h2:focus {
        outline: none;
      }
      .back {
        display: none;
      }
      .back:dir(rtl) svg {
        scale: -1 1;
      }
      .content {
        display: grid;
        gap: 16px;
        max-inline-size: 44rem;
        margin-inline: auto;
        padding: 16px;
      }
      li {
        display: grid;
        gap: 12px;
        padding: 16px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
      }
      li + li {
        margin-block-start: 12px;
      }
      .who {
        display: flex;
        align-items: center;
        gap: 12px;
      }
      .who > div {
        flex: 1;
        min-inline-size: 0;
      }
      .who p {
        overflow-wrap: anywhere;
      }
      blockquote {
        display: -webkit-box;
        margin: 0;
        overflow: hidden;
        overflow-wrap: anywhere;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 3;
      }
      @media (max-width: 47.99em) {
        header {
          padding-inline-start: 8px;
        }
        .back {
          display: grid;
        }
      }
    `,
  ];

  @property({ attribute: false }) rows: readonly Row[] = [];
  @property({ attribute: false }) patterns: ReadonlyMap<string, KeyPattern> = new Map();
  @property({ type: Number }) nowMs = 0;
  @query('h2') heading!: HTMLElement;

  override focus(): void {
    this.heading.focus();
  }

  override render(): TemplateResult {
    const words = strings.requests;
    return html`
      <header>
        <button
          class="icon-button back"
          type="button"
          aria-label=${strings.back}
          @click=${() => {
            act(this, { type: 'back' });
          }}
        >
          ${icon('arrowLeft')}
        </button>
        <h2 tabindex="-1">${words.title}</h2>
      </header>
      <div class="content">
        <p class="soft">${this.rows.length === 0 ? words.empty : words.text}</p>
        <ul>
          ${this.rows.map((row) => this.#row(row))}
        </ul>
      </div>
    `;
  }

  #row({ contact, last }: Row): TemplateResult {
    const words = strings.requests;
    const name = nameOf(contact);
    return html`<li>
      <div class="who">
        <lk-key-pattern .pattern=${this.patterns.get(contact.address)}></lk-key-pattern>
        <div>
          <h3><bdi>${name}</bdi></h3>
          ${contact.ownName === undefined
            ? nothing
            : html`<p class="soft small">${strings.person.callsThemselves(contact.ownName)}</p>`}
        </div>
        ${last === undefined
          ? nothing
          : html`<time class="soft small" datetime=${new Date(last.sentMs).toISOString()}
              >${listTime(last.sentMs, this.nowMs)}</time
            >`}
      </div>
      ${last === undefined ? nothing : html`<blockquote dir="auto">${oneLine(last.text, 400)}</blockquote>`}
      <div class="actions">
        <button
          class="button primary accept"
          type="button"
          aria-label=${words.acceptOf(name)}
          @click=${() => {
            act(this, { type: 'acceptRequest', contact: contact.address });
          }}
        >
          ${icon('check')} ${words.accept}
        </button>
        ${this.#ask(contact, 'deleteRequest', words.delete, words.deleteOf(name))}
        ${this.#ask(contact, 'block', words.block, words.blockOf(name))}
        <button
          class="button plain"
          type="button"
          aria-label=${words.readOf(name)}
          @click=${() => {
            act(this, { type: 'openChat', contact: contact.address });
          }}
        >
          ${words.read}
        </button>
      </div>
    </li>`;
  }

  #ask(contact: ContactView, what: Consequence, label: string, spoken: string): TemplateResult {
    return html`<button
      class="button"
      type="button"
      aria-label=${spoken}
      @click=${() => {
        act(this, { type: 'openDialog', dialog: { type: 'confirm', what, contact: contact.address } });
      }}
    >
      ${label}
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-requests': RequestsElement;
  }
}
