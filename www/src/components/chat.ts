import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { ContactView, KeyPattern } from '../api.ts';
import { claimedName, nameOf, reachWords } from '../people.ts';
import { emptyConversation, type Consequence, type Conversation } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import type { ComposerElement } from './composer.ts';
import './chat-log.ts';
import './composer.ts';
import './key-pattern.ts';

/**
 * One conversation: who it is and how they are reached, the messages, and what can be done: write, decide on a
 * request, or unblock.
 *
 * Properties: `contact`, `pattern`, `conversation`, `nowMs`, `stopped`.
 * Methods: `focus()`. Actions: `back`, `openDialog`, `acceptRequest`, `retry`, and those of its children.
 * Slots: none. Parts: none.
 */
@customElement('lk-chat')
export class ChatElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      :host {
        display: flex;
        flex-direction: column;
        block-size: 100%;
        min-block-size: 0;
      }
      header {
        display: flex;
        align-items: center;
        gap: 12px;
        min-block-size: var(--bar);
        padding: 8px 8px 8px 16px;
        border-block-end: 1px solid var(--line);
      }
      header .who {
        flex: 1;
        min-inline-size: 0;
      }
      h2 {
        font-size: var(--text-m);
        letter-spacing: 0;
      }
      h2 {
        display: flex;
      }
      h2:focus {
        outline: none;
      }
      .about {
        display: -webkit-box;
        overflow: hidden;
        overflow-wrap: anywhere;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 3;
      }
      .back {
        display: none;
      }
      .back:dir(rtl) svg {
        scale: -1 1;
      }
      .banner {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
        padding: 8px 16px;
        border-block-start: 1px solid var(--line);
        background: var(--wash);
      }
      .banner p {
        flex: 1 1 14rem;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .banner.top {
        border-block: 0 1px;
        border-block-end: 1px solid var(--line);
      }
      .note {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: center;
        gap: 4px 12px;
        margin-block-start: 16px;
        color: var(--ink-soft);
        text-align: center;
        overflow-wrap: anywhere;
      }
      .note p {
        max-inline-size: 32rem;
      }
      .ended {
        align-self: center;
        flex-wrap: nowrap;
        gap: 8px;
        text-align: start;
      }
      .note .button {
        min-block-size: 2rem;
        padding: 2px 12px;
        font-size: var(--text-s);
      }
      @media (max-width: 47.99em) {
        header {
          padding-inline-start: 8px;
          gap: 8px;
        }
        .back {
          display: grid;
        }
      }
    `,
  ];

  @property({ attribute: false }) contact: ContactView | undefined;
  @property({ attribute: false }) pattern: KeyPattern | undefined;
  @property({ attribute: false }) conversation: Conversation = emptyConversation;
  @property({ type: Number }) nowMs = 0;
  @property({ type: Boolean }) stopped = false;
  @query('h2') heading!: HTMLElement | null;
  @query('lk-composer') composer!: ComposerElement | null;
  #awaitsFocus = false;

  /** To the composer, or to the name where a keyboard would jump up or there is nothing to write in. */
  override focus(): void {
    this.#awaitsFocus = this.contact === undefined;
    const isTouch = matchMedia('(pointer: coarse)').matches;
    if (this.composer !== null && !isTouch && !this.stopped) this.composer.focus();
    else this.heading?.focus();
  }

  override updated(changed: PropertyValues<this>): void {
    const isAccepted = changed.get('contact')?.standing === 'request' && this.contact?.standing === 'contact';
    // Somebody just added: the conversation is opened before the peer has told of them.
    if (isAccepted || (this.#awaitsFocus && this.contact !== undefined)) {
      void this.updateComplete.then(() => {
        this.focus();
      });
    }
  }

  override render(): TemplateResult | null {
    const { contact } = this;
    if (contact === undefined) return null;
    const name = nameOf(contact);
    return html`
      ${this.#header(contact, name)}
      ${this.conversation.newInstall
        ? html`<div class="banner top small"><p>${strings.chat.newInstall(name)}</p></div>`
        : nothing}
      <lk-chat-log
        .contact=${contact.address}
        .name=${name}
        .conversation=${this.conversation}
        .nowMs=${this.nowMs}
        .empty=${this.#empty(contact)}
      >
        ${this.#ended(contact, name)} ${this.#note(contact, name)}
      </lk-chat-log>
      ${this.#foot(contact, name)}
    `;
  }

  #header(contact: ContactView, name: string): TemplateResult {
    const words = contact.standing === 'request' ? strings.requests.one : reachWords(contact.reach);
    const details = strings.person.details(name);
    const ownName = claimedName(contact);
    return html`<header>
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
      <lk-key-pattern .pattern=${this.pattern}></lk-key-pattern>
      <div class="who">
        <h2 tabindex="-1"><bdi class="cut">${name}</bdi></h2>
        <p class="soft small about">
          ${ownName === undefined ? nothing : html`${strings.person.callsThemselves(ownName)} · `}<span class="reach"
            >${words}</span
          >
        </p>
      </div>
      <button
        class="icon-button"
        type="button"
        aria-label=${details}
        title=${details}
        @click=${() => {
          act(this, { type: 'openDialog', dialog: { type: 'details', contact: contact.address } });
        }}
      >
        ${icon('info')}
      </button>
    </header>`;
  }

  #empty(contact: ContactView): string {
    if (contact.standing === 'request') return strings.requests.noText;
    return contact.standing === 'invited' ? strings.chat.empty : strings.chat.deleted;
  }

  /** That the conversation has ended, as long as no other has begun. */
  #ended(contact: ContactView, name: string): TemplateResult | typeof nothing {
    if (contact.ended === undefined) return nothing;
    const words = strings.ending;
    return html`<div class="note ended small">
      ${icon('circleStop')}
      <p>${contact.ended === 'us' ? words.endedByUs : words.endedByThem(name)} ${words.next}</p>
    </div>`;
  }

  /** What the newest messages of mine wait for, below them. */
  #note(contact: ContactView, name: string): TemplateResult | typeof nothing {
    const { messages } = this.conversation;
    const waiting = messages.filter((message) => message.state === 'waiting');
    const last = waiting.at(-1);
    if (last !== undefined) {
      return html`<div class="note small">
        <p>${strings.chat.waiting(waiting.length, name)}</p>
        <button
          class="button"
          type="button"
          @click=${() => {
            act(this, { type: 'retry', contact: contact.address, message: last.id });
          }}
        >
          ${icon('refresh')} ${strings.chat.tryNow}
        </button>
      </div>`;
    }
    const awaits = messages.some((message) => message.state === 'sentAwaitingAnswer');
    return awaits ? html`<div class="note small"><p>${strings.chat.awaiting(name)}</p></div>` : nothing;
  }

  #foot(contact: ContactView, name: string): TemplateResult {
    switch (contact.standing) {
      case 'request':
        return html`<div class="banner">
          <p class="small">${strings.requests.bar(name)}</p>
          <div class="actions">
            <button
              class="button primary"
              type="button"
              @click=${() => {
                act(this, { type: 'acceptRequest', contact: contact.address });
              }}
            >
              ${icon('check')} ${strings.requests.accept}
            </button>
            ${this.#ask(contact, 'deleteRequest', strings.requests.delete)}
            ${this.#ask(contact, 'block', strings.requests.block)}
          </div>
        </div>`;
      case 'blocked':
        return html`<div class="banner">
          <p class="small">${strings.chat.blocked(name)}</p>
          ${this.#ask(contact, 'unblock', strings.chat.unblock)}
        </div>`;
      case 'contact':
      case 'invited':
        return html`<lk-composer
          .contact=${contact.address}
          .name=${name}
          .draft=${this.conversation.draft}
          .problem=${this.conversation.problem}
          ?disabled=${this.stopped}
        ></lk-composer>`;
      default:
        return contact.standing satisfies never;
    }
  }

  #ask(contact: ContactView, what: Consequence, label: string): TemplateResult {
    return html`<button
      class="button"
      type="button"
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
    'lk-chat': ChatElement;
  }
}
