import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { act } from '../actions.ts';
import type { Message } from '../api.ts';
import { dayName, isSameDay } from '../format.ts';
import { emptyConversation, type Conversation } from '../store.ts';
import { strings } from '../strings.ts';
import { log } from '../styles/log.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import { drawnAround, drawnAtEnd, most, moveDown, moveUp, step, type Drawn } from './drawn.ts';
import type { MessageElement } from './message.ts';
import './message.ts';

/** Messages of one author this close together form a run with one time. */
const runMs = 300_000;

/**
 * The messages of one conversation. A log, but a silent one: new messages are announced by the page's live region,
 * so that old ones are never read aloud when a conversation opens.
 *
 * However many are loaded, a bounded piece of them is drawn, which follows what is read (`drawn.ts`). What is on the
 * screen stays where it is when something is drawn above it.
 *
 * Properties: `contact` (address), `name`, `conversation`, `nowMs`, `empty` (the words when there are no messages).
 * Actions: `older`, `later`, `newest`, `retry`. Slots: default (after the last message). Parts: `log`.
 */
@customElement('lk-chat-log')
export class ChatLogElement extends LitElement {
  static override styles = [shared, controls, log];

  @property() contact = '';
  @property() name = '';
  @property({ attribute: false }) conversation: Conversation = emptyConversation;
  @property({ type: Number }) nowMs = 0;
  @property() empty = '';
  @state() drawn: Drawn = { from: 0, to: 0 };
  @state() isAtEnd = true;
  @query('.log') log!: HTMLElement;
  @query('.content') content!: HTMLElement;
  /** What stood at the top of the screen before an update, and where. */
  #anchor: { id: string; top: number } | undefined;
  #jumpTo: string | undefined;
  /** The newest messages were asked for. */
  #wantsEnd = false;
  /** Where the log put itself: a scroll event from there is its own. */
  #placed = -1;
  /** Where the piece moved last by itself: back again it moves only with the reader. */
  #moved: 'up' | 'down' | undefined;
  /** The outermost messages for which more was asked: once each, unless the reader scrolls. */
  #asked: (string | undefined)[] = [];
  /** Where the reader is: when the window changes its size, they stay there. */
  #place: { id: string; top: number } | undefined;
  #resized = new ResizeObserver(() => {
    if (this.isAtEnd) this.#toEnd();
    else {
      this.#keepPlace(this.#place);
      this.#draw();
    }
  });

  override firstUpdated(): void {
    this.#resized.observe(this.content);
    this.#resized.observe(this.log);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('conversation');
    if (changed.has('contact')) {
      this.isAtEnd = true;
      this.#jumpTo = undefined;
      this.#wantsEnd = false;
      this.#moved = undefined;
      this.#asked = [];
    }
    if (this.isAtEnd || changed.has('contact')) this.#anchor = undefined;
    // An update before the one before has settled is about the same place.
    else this.#anchor ??= this.#topmost();
    if (changed.has('contact') || changed.has('conversation')) this.#follow(changed.has('contact') ? undefined : before);
  }

  override updated(): void {
    void this.#settle();
  }

  override render(): TemplateResult {
    const { messages, target } = this.conversation;
    const { from, to } = this.drawn;
    const latest = messages.findLast((message) => message.author === 'me')?.id;
    const isWhole = to >= messages.length && this.conversation.later === 'complete';
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
            messages.slice(from, to),
            (message) => message.id,
            (message, index) =>
              this.#message(message, messages[from + index - 1], messages[from + index + 1], latest, target?.message),
          )}
          ${isWhole ? html`<slot></slot>` : nothing}
        </div>
      </div>
      ${this.isAtEnd
        ? nothing
        : html`<button class="button jump small" type="button" @click=${this.#jump}>
            ${icon('arrowUp')} ${strings.chat.jump}
          </button>`}`;
  }

  /** Puts the log where it belongs, before anything is painted. */
  async #settle(): Promise<void> {
    // Messages draw themselves after the log; before that nothing has its height.
    await Promise.all([...this.#messages()].map((message) => message.updateComplete));
    if (this.#jumpTo !== undefined) this.#arrive(this.#jumpTo);
    else if (this.isAtEnd) this.#toEnd();
    else this.#keepPlace(this.#anchor);
    this.#anchor = undefined;
    this.#draw();
  }

  /** What stands above the messages: more of them, or why there are none. */
  #older(held: number): TemplateResult | typeof nothing {
    const { history } = this.conversation;
    if (held === 0) {
      return html`<p class="empty soft">${history === 'complete' ? this.empty : strings.chat.loading}</p>`;
    }
    if (this.drawn.from > 0 || history === 'more') {
      return html`<button class="button older small" type="button" @click=${this.#showOlder}>
        ${strings.chat.older}
      </button>`;
    }
    return history === 'loading' ? html`<p class="older soft small">${strings.chat.loadingOlder}</p>` : nothing;
  }

  #message(
    message: Message,
    before: Message | undefined,
    after: Message | undefined,
    latest: string | undefined,
    target: string | undefined,
  ): TemplateResult {
    const isNewDay = before === undefined || !isSameDay(before.sentMs, message.sentMs);
    const isFirst = isNewDay || message.gapBefore || !isRun(before, message);
    const isLast = after === undefined || after.gapBefore || !isRun(message, after);
    const isTarget = message.id === target;
    return html`${isNewDay
        ? html`<p class="day small">${dayName(message.sentMs, this.nowMs)}</p>`
        : nothing}
      ${message.gapBefore ? html`<p class="gap small">${icon('circleDashed')} ${strings.chat.gap}</p>` : nothing}
      <lk-message
        class=${isFirst ? 'first' : ''}
        tabindex=${isTarget ? -1 : nothing}
        .message=${message}
        .name=${this.name}
        .isLastOfRun=${isLast}
        .isLatest=${message.id === latest}
        ?marked=${isTarget}
      ></lk-message>`;
  }

  /** Chooses what is drawn after the conversation has changed. */
  #follow(before: Conversation | undefined): void {
    const { messages, target, later } = this.conversation;
    if (target !== undefined && target.serial !== before?.target?.serial) {
      this.#jumpTo = target.message;
      this.isAtEnd = false;
      const at = messages.findIndex((message) => message.id === target.message);
      this.drawn = drawnAround(Math.max(at, 0), messages.length);
      return;
    }
    const last = messages.at(-1);
    // Who writes wants to see it, wherever the log stands.
    const isMine = before !== undefined && last?.author === 'me' && last.id !== before.messages.at(-1)?.id;
    if (isMine && later === 'complete' && before.later === 'complete') this.isAtEnd = true;
    if (this.#wantsEnd && later === 'complete') {
      this.#wantsEnd = false;
      this.isAtEnd = true;
    }
    if (this.isAtEnd) {
      this.drawn = drawnAtEnd(messages.length);
      return;
    }
    // The same messages as before, wherever they stand in the list now.
    const first = before?.messages[this.drawn.from]?.id;
    const at = first === undefined ? -1 : messages.findIndex((message) => message.id === first);
    if (at === -1) {
      this.isAtEnd = true;
      this.drawn = drawnAtEnd(messages.length);
    } else {
      const to = Math.min(at + this.drawn.to - this.drawn.from, messages.length);
      this.drawn = { from: at, to };
    }
  }

  /** Draws more where the reader comes near the end of what is drawn, and asks for more where that is all there is. */
  #draw(by: 'reader' | 'itself' = 'itself'): void {
    if (by === 'reader') {
      this.#moved = undefined;
      this.#asked = [];
    }
    const { messages } = this.conversation;
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    if (clientHeight === 0 || messages.length === 0) return;
    const below = scrollHeight - scrollTop - clientHeight;
    if (scrollTop < clientHeight && this.#moved !== 'down') this.#drawUp();
    else if (below < clientHeight && this.#moved !== 'up' && !this.isAtEnd) this.#drawDown();
  }

  #drawUp(): void {
    const { messages, history } = this.conversation;
    const { from, to } = this.drawn;
    if (from > 0) {
      // The newest stay drawn as long as they are on the screen.
      if (this.isAtEnd && to - from >= this.#most() - step) return;
      this.#moved = 'up';
      this.drawn = moveUp(this.drawn, this.#most());
    } else if (history === 'more' && this.#asked[0] !== messages[0]?.id) {
      this.#asked[0] = messages[0]?.id;
      act(this, { type: 'older', contact: this.contact });
    }
  }

  #drawDown(): void {
    const { messages, later } = this.conversation;
    if (this.drawn.to < messages.length) {
      this.#moved = 'down';
      this.drawn = moveDown(this.drawn, messages.length, this.#most());
    } else if (later === 'more' && this.#asked[1] !== messages.at(-1)?.id) {
      this.#asked[1] = messages.at(-1)?.id;
      act(this, { type: 'later', contact: this.contact });
    }
  }

  /** The most messages that are drawn: on a large screen, or if they are short, more. */
  #most(): number {
    const each = this.log.scrollHeight / Math.max(this.drawn.to - this.drawn.from, 1);
    return Math.max(most, Math.ceil((4 * this.log.clientHeight) / each));
  }

  #showOlder(): void {
    this.isAtEnd = false;
    this.log.focus();
    if (this.drawn.from > 0) this.drawn = moveUp(this.drawn, this.#most());
    else act(this, { type: 'older', contact: this.contact });
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    const { messages, later } = this.conversation;
    const isWhole = this.drawn.to >= messages.length && later === 'complete';
    this.isAtEnd = isWhole && scrollHeight - scrollTop - clientHeight < 32;
    const isOwn = Math.abs(scrollTop - this.#placed) < 1;
    this.#placed = -1;
    if (!isOwn) this.#place = this.isAtEnd ? undefined : this.#topmost();
    this.#draw(isOwn ? 'itself' : 'reader');
  }

  #jump(): void {
    this.log.focus();
    if (this.conversation.later !== 'complete') {
      this.#wantsEnd = true;
      act(this, { type: 'newest', contact: this.contact });
      return;
    }
    this.isAtEnd = true;
    this.drawn = drawnAtEnd(this.conversation.messages.length);
  }

  #arrive(id: string): void {
    this.#jumpTo = undefined;
    const message = [...this.#messages()].find((one) => one.message?.id === id);
    message?.scrollIntoView({ block: 'center' });
    message?.focus({ preventScroll: true });
    if (message !== undefined) this.#place = { id, top: message.getBoundingClientRect().top };
    this.#placed = this.log.scrollTop;
  }

  #toEnd(): void {
    this.#scrollTo(this.log.scrollHeight);
  }

  #scrollTo(top: number): void {
    this.log.scrollTop = top;
    this.#placed = this.log.scrollTop;
  }

  #topmost(): { id: string; top: number } | undefined {
    if (!this.hasUpdated) return undefined;
    const edge = this.log.getBoundingClientRect().top;
    for (const message of this.#messages()) {
      const { top, bottom } = message.getBoundingClientRect();
      if (bottom > edge && message.message !== undefined) return { id: message.message.id, top };
    }
    return undefined;
  }

  #keepPlace(anchor: { id: string; top: number } | undefined): void {
    if (anchor === undefined) return;
    const message = [...this.#messages()].find((one) => one.message?.id === anchor.id);
    const moved = message === undefined ? 0 : message.getBoundingClientRect().top - anchor.top;
    if (moved !== 0) this.#scrollTo(this.log.scrollTop + moved);
  }

  #messages(): NodeListOf<MessageElement> {
    return this.renderRoot.querySelectorAll('lk-message');
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
