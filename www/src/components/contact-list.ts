import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { act } from '../actions.ts';
import type { KeyPattern } from '../api.ts';
import { listTime, oneLine, wholeTime } from '../format.ts';
import { claimedName, nameOf, type Row } from '../people.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { delivery } from './delivery.ts';
import './key-pattern.ts';

/**
 * The conversations, one button each; arrow keys, Home and End move between them.
 *
 * Properties: `rows`, `patterns`, `selected` (address), `nowMs`.
 * Methods: `focusRow(address)` (the first row if that one is gone; false if there is none). Actions: `openChat`. Slots: none. Parts: `row`.
 */
@customElement('lk-contact-list')
export class ContactListElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      ul {
        padding: 4px 8px;
      }
      button {
        display: grid;
        grid-template-columns: auto 1fr auto;
        grid-template-areas: 'pattern name time' 'pattern last count';
        align-items: center;
        column-gap: 12px;
        inline-size: 100%;
        min-block-size: 4rem;
        padding: 8px;
        border: 0;
        border-radius: var(--radius);
        background: transparent;
        text-align: start;
        contain: content;
        transition: background-color var(--motion);
      }
      button:hover {
        background: var(--wash);
      }
      button[aria-current='true'] {
        background: var(--accent-wash);
      }
      lk-key-pattern {
        grid-area: pattern;
      }
      .name {
        grid-area: name;
        display: flex;
        align-items: baseline;
        gap: 8px;
        min-inline-size: 0;
        font-weight: 500;
      }
      .own {
        flex: 1;
        font-weight: 400;
      }
      .time {
        grid-area: time;
      }
      .last {
        grid-area: last;
        display: flex;
        align-items: center;
        gap: 4px;
        min-inline-size: 0;
      }
      .last svg {
        inline-size: 1rem;
        block-size: 1rem;
      }
      .last .notSent {
        color: var(--danger);
      }
      .draft {
        color: var(--accent-ink);
      }
      .count {
        grid-area: count;
        justify-self: end;
        min-inline-size: 1.5rem;
        padding-inline: 6px;
        border-radius: 1rem;
        background: var(--accent);
        color: var(--on-accent);
        font-weight: 600;
        text-align: center;
        font-variant-numeric: tabular-nums;
      }
      @media (forced-colors: active) {
        button[aria-current='true'] {
          outline: 2px solid Highlight;
        }
        .count {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ attribute: false }) rows: readonly Row[] = [];
  @property({ attribute: false }) patterns: ReadonlyMap<string, KeyPattern> = new Map();
  @property() selected: string | undefined;
  @property({ type: Number }) nowMs = 0;

  focusRow(address: string): boolean {
    const index = this.rows.findIndex((row) => row.contact.address === address);
    const button = this.#buttons()[Math.max(index, 0)];
    button?.focus();
    return button !== undefined;
  }

  override render(): TemplateResult {
    return html`<ul @keydown=${this.#key}>
      ${repeat(
        this.rows,
        (row) => row.contact.address,
        (row) => this.#row(row),
      )}
    </ul>`;
  }

  #row(row: Row): TemplateResult {
    const { contact, last } = row;
    const ownName = claimedName(contact);
    return html`<li>
      <button
        part="row"
        type="button"
        aria-current=${this.selected === contact.address ? 'true' : nothing}
        @click=${() => {
          act(this, { type: 'openChat', contact: contact.address });
        }}
      >
        <lk-key-pattern .pattern=${this.patterns.get(contact.address)}></lk-key-pattern>
        <span class="name">
          <bdi class="cut">${nameOf(contact)}</bdi>
          ${ownName === undefined
            ? nothing
            : html`<span class="own cut soft small">${strings.person.callsThemselves(ownName)}</span>`}
        </span>
        ${last === undefined
          ? nothing
          : html`<time
              class="time soft small"
              datetime=${new Date(last.sentMs).toISOString()}
              title=${wholeTime(last.sentMs)}
              >${listTime(last.sentMs, this.nowMs)}</time
            >`}
        <span class="last soft small">${this.#last(row)}</span>
        ${contact.unread === 0
          ? nothing
          : html`<span class="count small"
              >${contact.unread}<span class="unseen">${strings.sidebar.unread(contact.unread)}</span></span
            >`}
      </button>
    </li>`;
  }

  #last({ last, draft, contact }: Row): TemplateResult {
    if (draft !== '' && this.selected !== contact.address) {
      return html`<span class="draft">${strings.sidebar.draft}</span>
        <bdi class="cut">${oneLine(draft)}</bdi>`;
    }
    if (last === undefined) {
      const isInvited = contact.standing === 'invited';
      return html`<span class="cut">${isInvited ? strings.sidebar.invited : strings.sidebar.noMessages}</span>`;
    }
    return html`${last.author === 'me' ? delivery(last.state, 'unseen') : nothing}
      <bdi class="cut">${oneLine(last.text)}</bdi>`;
  }

  #buttons(): HTMLButtonElement[] {
    return [...(this.shadowRoot?.querySelectorAll('button') ?? [])];
  }

  #key(event: KeyboardEvent): void {
    const buttons = this.#buttons();
    const at = buttons.findIndex((button) => button === this.shadowRoot?.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    const button = to === undefined ? undefined : buttons[to];
    if (button === undefined) return;
    event.preventDefault();
    button.focus();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-contact-list': ContactListElement;
  }
}
