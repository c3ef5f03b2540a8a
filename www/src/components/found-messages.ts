import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { act } from '../actions.ts';
import type { KeyPattern, Message } from '../api.ts';
import { listTime, wholeTime } from '../format.ts';
import { excerpt, wordsIn } from '../found.ts';
import { calm } from '../names.ts';
import { strings } from '../strings.ts';
import { row } from '../styles/row.ts';
import { controls, shared } from '../styles/shared.ts';
import { moveInList } from './list-keys.ts';
import './key-pattern.ts';

/**
 * The messages that were found: whose conversation, when, and the words in their line. A click leads to the message.
 *
 * Properties: `messages` (newest first), `words` (as typed), `nameOf` (address to name), `patterns`, `nowMs`.
 * Actions: `openMessage`. Slots: none. Parts: `row`.
 */
@customElement('lk-found-messages')
export class FoundMessagesElement extends LitElement {
  static override styles = [
    shared,
    controls,
    row,
    css`
      ul {
        padding: 0 8px 4px;
      }
      li {
        content-visibility: auto;
        contain-intrinsic-block-size: auto 5rem;
      }
      button {
        grid-template-areas: 'pattern name time' 'pattern text text';
      }
      .text {
        grid-area: text;
        display: -webkit-box;
        overflow: hidden;
        overflow-wrap: anywhere;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
      }
      mark {
        background: transparent;
        color: var(--ink);
        font-weight: 700;
      }
    `,
  ];

  @property({ attribute: false }) messages: readonly Message[] = [];
  @property() words = '';
  @property({ attribute: false }) nameOf: (address: string) => string = (address) => address;
  @property({ attribute: false }) patterns: ReadonlyMap<string, KeyPattern> = new Map();
  @property({ type: Number }) nowMs = 0;

  override render(): TemplateResult {
    const words = wordsIn(this.words);
    return html`<ul @keydown=${moveInList}>
      ${repeat(
        this.messages,
        (message) => message.id,
        (message) => this.#row(message, words),
      )}
    </ul>`;
  }

  #row(message: Message, words: readonly string[]): TemplateResult {
    const pieces = excerpt(calm(message.text), words);
    return html`<li>
      <button
        part="row"
        type="button"
        @click=${() => {
          act(this, { type: 'openMessage', message });
        }}
      >
        <lk-key-pattern .pattern=${this.patterns.get(message.contact)}></lk-key-pattern>
        <span class="name"><bdi class="cut">${this.nameOf(message.contact)}</bdi></span>
        <time
          class="time soft small"
          datetime=${new Date(message.sentMs).toISOString()}
          title=${wholeTime(message.sentMs)}
          >${listTime(message.sentMs, this.nowMs)}</time
        >
        <span class="text soft small"
          >${message.author === 'me' ? `${strings.sidebar.me} ` : ''}<bdi
            >${pieces.map(({ text, isHit }) => (isHit ? html`<mark>${text}</mark>` : text))}</bdi
          ></span
        >
      </button>
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-found-messages': FoundMessagesElement;
  }
}
