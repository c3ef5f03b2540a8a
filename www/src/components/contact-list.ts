import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';

import { act } from '../actions.ts';
import type { KeyPattern } from '../api.ts';
import { listTime, oneLine, wholeTime } from '../format.ts';
import { claimedName, nameOf, type Row } from '../people.ts';
import { strings } from '../strings.ts';
import { row } from '../styles/row.ts';
import { controls, shared } from '../styles/shared.ts';
import { delivery } from './delivery.ts';
import { moveInList } from './list-keys.ts';
import './key-pattern.ts';

/** How many rows are drawn at first, and how many more whenever their end comes into view. */
const rowsAtOnce = 100;

/**
 * The conversations, one button each; arrow keys, Home and End move between them. Of a long list the beginning is
 * drawn,
 * and room is held for the rest.
 *
 * Properties: `rows`, `patterns`, `selected` (address), `nowMs`.
 * Methods: `focusRow(address)` (the first row if that one is gone; false if there is none). Actions: `openChat`. Slots: none. Parts: `row`.
 */
@customElement('lk-contact-list')
export class ContactListElement extends LitElement {
  static override styles = [
    shared,
    controls,
    row,
    css`
      ul {
        padding: 4px 8px;
      }
      li {
        content-visibility: auto;
        contain-intrinsic-block-size: auto 4rem;
      }
      button {
        grid-template-areas: 'pattern name time' 'pattern last count';
      }
      button[aria-current='true'] {
        background: var(--accent-wash);
      }
      .name {
        align-items: baseline;
        gap: 8px;
      }
      .own {
        flex: 1;
        font-weight: 400;
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

  @state() shown = rowsAtOnce;
  @query('.rest') rest!: HTMLElement;
  #watch = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) this.shown += rowsAtOnce;
  });

  focusRow(address: string): boolean {
    const index = Math.max(
      this.rows.findIndex((row) => row.contact.address === address),
      0,
    );
    if (index >= this.shown) {
      this.shown = index + rowsAtOnce;
      void this.updateComplete.then(() => this.focusRow(address));
      return true;
    }
    const button = this.shadowRoot?.querySelectorAll('button')[index];
    button?.focus();
    return button !== undefined;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watch.disconnect();
  }

  override updated(changed: PropertyValues<this>): void {
    const left = Math.max(this.rows.length - this.shown, 0);
    this.rest.style.blockSize = `${String(left * 4)}rem`;
    if (!changed.has('rows') && !changed.has('shown')) return;
    // Watched anew, it is told of once more where it is in view still.
    this.#watch.disconnect();
    if (left > 0) this.#watch.observe(this.rest);
  }

  override render(): TemplateResult {
    const rows = this.rows.slice(0, this.shown);
    return html`<ul @keydown=${this.#key}>
        ${repeat(
          rows,
          (row) => row.contact.address,
          (row) => guard(this.#seen(row), () => this.#row(row)),
        )}
      </ul>
      <div class="rest"></div>`;
  }

  /** All that a row shows: of a thousand rows most stay as they are. */
  #seen({ contact, last, draft }: Row): unknown[] {
    const isSelected = this.selected === contact.address;
    return [contact, last, draft, isSelected, this.patterns.get(contact.address), this.nowMs];
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

  #key(event: KeyboardEvent): void {
    if (event.key !== 'End' || this.shown >= this.rows.length) {
      moveInList(event);
      return;
    }
    event.preventDefault();
    const last = this.rows.at(-1)?.contact.address;
    if (last !== undefined) this.focusRow(last);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-contact-list': ContactListElement;
  }
}
