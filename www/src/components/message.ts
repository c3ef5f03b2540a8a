import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { Message } from '../api.ts';
import { timeOfDay, wholeTime } from '../format.ts';
import { tokens } from '../links.ts';
import { calm } from '../names.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { delivery } from './delivery.ts';
import { icon } from './icon.ts';

/**
 * One message as a bubble. Its text is never HTML: links are tokens in templates.
 *
 * Properties: `message`, `name` (of the other side, for screen readers), `isLastOfRun` (the time is shown),
 * `isLatest` (the newest of mine: its state stands in words).
 * Attributes: `marked` (it was jumped to), `author` (me, them) and `state` (delivery state), reflected for styles and tests.
 * Actions: `retry`. Slots: none. Parts: `bubble`.
 */
@customElement('lk-message')
export class MessageElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      :host {
        display: flex;
        flex-direction: column;
        align-items: flex-start;
      }
      :host([author='me']) {
        align-items: flex-end;
      }
      .bubble {
        max-inline-size: min(85%, 36rem);
        padding: 8px 12px;
        border-radius: var(--radius);
        background: var(--bubble-them);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        overflow: hidden;
        contain: content;
      }
      :host([author='me']) .bubble {
        background: var(--bubble-me);
      }
      :host([marked]) .bubble {
        outline: 2px solid var(--accent);
      }
      .bubble a {
        color: inherit;
        text-underline-offset: 2px;
      }
      .meta {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 8px;
        padding: 2px 4px 0;
      }
      .delivery {
        display: inline-flex;
        align-items: center;
        gap: 4px;
      }
      .delivery svg {
        inline-size: 1rem;
        block-size: 1rem;
      }
      .delivery.notSent {
        color: var(--danger);
      }
      .retry {
        min-block-size: 1.75rem;
        padding: 2px 8px;
        font-size: var(--text-s);
      }
      @media (forced-colors: active) {
        .bubble {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ attribute: false }) message: Message | undefined;
  @property() name = '';
  @property({ type: Boolean }) isLastOfRun = false;
  @property({ type: Boolean }) isLatest = false;

  override willUpdate(): void {
    const { message } = this;
    if (message === undefined) return;
    this.setAttribute('author', message.author);
    this.setAttribute('state', message.state);
  }

  override render(): TemplateResult | null {
    const { message } = this;
    if (message === undefined) return null;
    const from = message.author === 'me' ? strings.chat.fromMe : strings.chat.from(this.name);
    return html`<span class="unseen">${from}</span>
      <div part="bubble" class="bubble" dir="auto">${tokens(calm(message.text)).map(piece)}</div>
      ${this.#meta(message)}`;
  }

  #meta(message: Message): TemplateResult {
    const isMine = message.author === 'me';
    const isInWords = this.isLatest || message.state !== 'delivered';
    const isShown = this.isLastOfRun || (isMine && isInWords);
    return html`<div class=${isShown ? 'meta soft small' : 'unseen'}>
      <time datetime=${new Date(message.sentMs).toISOString()} title=${wholeTime(message.sentMs)}
        >${timeOfDay(message.sentMs)}</time
      >
      ${isMine ? delivery(message.state, isInWords ? 'shown' : 'unseen') : nothing}
      ${message.state === 'notSent'
        ? html`<button class="button retry" type="button" @click=${this.#retry}>
            ${icon('refresh')} ${strings.chat.retry}
          </button>`
        : nothing}
    </div>`;
  }

  #retry(): void {
    const { message } = this;
    if (message !== undefined) act(this, { type: 'retry', contact: message.contact, message: message.id });
  }
}

function piece(token: ReturnType<typeof tokens>[number]): TemplateResult | string {
  if (token.type === 'text') return token.text;
  return html`<a href=${token.href} target="_blank" rel="noopener noreferrer" dir="ltr">${token.text}</a>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-message': MessageElement;
  }
}
