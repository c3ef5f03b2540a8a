import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { act } from '../actions.ts';
import type { Message } from '../api.ts';
import { dayName, isSameDay } from '../format.ts';
import { emptyConversation, type Conversation } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import './message.ts';

/** How many messages are drawn at once; more on demand. */
const windowSize = 100;
/** Messages of one author this close together form a run with one time. */
const runMs = 300_000;

/**
 * The messages of one conversation. A log, but a silent one: new messages are announced by the page's live region,
 * so that old ones are never read aloud when a conversation opens.
 *
 * Properties: `contact` (address), `name`, `conversation`, `nowMs`, `empty` (the words when there are no messages).
 * Actions: `older`, `retry`. Slots: default (after the last message). Parts: `log`.
 */
@customElement('lk-chat-log')
export class ChatLogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      :host {
        position: relative;
        flex: 1;
        min-block-size: 0;
      }
      .log {
        block-size: 100%;
        overflow: auto;
        overscroll-behavior: contain;
        outline-offset: -2px;
      }
      .content {
        display: flex;
        flex-direction: column;
        justify-content: flex-end;
        min-block-size: 100%;
        max-inline-size: 56rem;
        margin-inline: auto;
        padding: 16px;
      }
      .day,
      .gap,
      .empty,
      .older {
        align-self: center;
        text-align: center;
      }
      .day {
        margin-block: 16px 12px;
        padding: 2px 12px;
        border: 1px solid var(--line);
        border-radius: 1rem;
        color: var(--ink-soft);
        font-weight: 500;
      }
      .gap {
        display: flex;
        align-items: center;
        gap: 8px;
        margin-block: 8px;
        color: var(--warning);
      }
      .empty {
        max-inline-size: 24rem;
        margin-block: auto;
      }
      lk-message {
        margin-block-start: 4px;
      }
      lk-message.first {
        margin-block-start: 12px;
      }
      .jump {
        position: absolute;
        inset-block-end: 12px;
        inset-inline-end: 16px;
        background: var(--surface);
        border-radius: 2rem;
      }
      .jump svg {
        rotate: 180deg;
      }
    `,
  ];

  @property() contact = '';
  @property() name = '';
  @property({ attribute: false }) conversation: Conversation = emptyConversation;
  @property({ type: Number }) nowMs = 0;
  @property() empty = '';
  @state() shown = windowSize;
  @state() isAtEnd = true;
  @query('.log') log!: HTMLElement;
  @query('.content') content!: HTMLElement;
  #resized = new ResizeObserver(() => {
    if (this.isAtEnd) this.#toEnd();
  });

  override firstUpdated(): void {
    this.#resized.observe(this.content);
    this.#resized.observe(this.log);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('contact')) {
      this.shown = windowSize;
      this.isAtEnd = true;
    }
    const before = changed.get('conversation');
    const last = this.conversation.messages.at(-1);
    // Who writes wants to see it, wherever the log stands.
    if (before !== undefined && last?.author === 'me' && last.id !== before.messages.at(-1)?.id) {
      this.isAtEnd = true;
    }
  }

  override updated(): void {
    if (this.isAtEnd) this.#toEnd();
  }

  override render(): TemplateResult {
    const { messages } = this.conversation;
    const drawn = messages.slice(-this.shown);
    const latest = messages.findLast((message) => message.author === 'me')?.id;
    return html`<div
        part="log"
        class="log"
        role="log"
        aria-live="off"
        aria-label=${strings.chat.log(this.name)}
        tabindex="0"
        @scroll=${this.#scrolled}
      >
        <div class="content">
          ${this.#older(messages.length)}
          ${repeat(
            drawn,
            (message) => message.id,
            (message, index) => this.#message(message, drawn[index - 1], drawn[index + 1], latest),
          )}
          <slot></slot>
        </div>
      </div>
      ${this.isAtEnd
        ? nothing
        : html`<button class="button jump small" type="button" @click=${this.#jump}>
            ${icon('arrowUp')} ${strings.chat.jump}
          </button>`}`;
  }

  #older(held: number): TemplateResult | typeof nothing {
    const { history } = this.conversation;
    if (held > this.shown || history === 'more') {
      return html`<button class="button older small" type="button" @click=${this.#showOlder}>
        ${strings.chat.older}
      </button>`;
    }
    if (held > 0) return nothing;
    const words = history === 'loading' ? strings.chat.loading : this.empty;
    return html`<p class="empty soft">${words}</p>`;
  }

  #message(
    message: Message,
    before: Message | undefined,
    after: Message | undefined,
    latest: string | undefined,
  ): TemplateResult {
    const isNewDay = before === undefined || !isSameDay(before.sentMs, message.sentMs);
    const isFirst = isNewDay || message.gapBefore || !isRun(before, message);
    const isLast = after === undefined || after.gapBefore || !isRun(message, after);
    return html`${isNewDay
        ? html`<p class="day small">${dayName(message.sentMs, this.nowMs)}</p>`
        : nothing}
      ${message.gapBefore ? html`<p class="gap small">${icon('circleDashed')} ${strings.chat.gap}</p>` : nothing}
      <lk-message
        class=${isFirst ? 'first' : ''}
        .message=${message}
        .name=${this.name}
        .isLastOfRun=${isLast}
        .isLatest=${message.id === latest}
      ></lk-message>`;
  }

  #showOlder(): void {
    const isMoreHeld = this.conversation.messages.length > this.shown;
    this.isAtEnd = false;
    this.shown += windowSize;
    if (!isMoreHeld) act(this, { type: 'older', contact: this.contact });
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < 32;
  }

  #jump(): void {
    this.isAtEnd = true;
    this.log.focus();
  }

  #toEnd(): void {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

function isRun(a: Message, b: Message): boolean {
  return a.author === b.author && isSameDay(a.sentMs, b.sentMs) && Math.abs(b.sentMs - a.sentMs) < runMs;
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-chat-log': ChatLogElement;
  }
}
