import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { act } from '../actions.ts';
import { plainName } from '../names.ts';
import { conversations, matching, ownConnection, requests, type Row } from '../people.ts';
import { startState, type Dialog, type State } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import type { ContactListElement } from './contact-list.ts';
import type { SearchFieldElement } from './search-field.ts';
import './connection-bar.ts';
import './contact-list.ts';
import './key-pattern.ts';
import './search-field.ts';
import './welcome.ts';

/**
 * The list side: who we are, the one field, requests, conversations, the standing line, the connection.
 *
 * Properties: `state`.
 * Methods: `focusRow(address)`, `focusField()`. Actions: `openDialog`, `openRequests`, and those of its children.
 * Slots: none. Parts: none.
 */
@customElement('lk-sidebar')
export class SidebarElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-block-size: 0;
        block-size: 100%;
      }
      header {
        display: flex;
        align-items: center;
        gap: 4px;
        min-block-size: var(--bar);
        padding: 8px 8px 8px 16px;
      }
      header lk-key-pattern {
        margin-inline-end: 8px;
      }
      header p {
        display: flex;
        flex: 1;
        min-inline-size: 0;
        font-weight: 600;
      }
      lk-search-field {
        padding: 0 16px 8px;
      }
      .list {
        flex: 1;
        min-block-size: 0;
        overflow: auto;
        overscroll-behavior: contain;
      }
      .requests {
        display: flex;
        align-items: center;
        gap: 12px;
        inline-size: calc(100% - 16px);
        min-block-size: 3.5rem;
        margin: 4px 8px;
        padding: 8px;
        border: 0;
        border-radius: var(--radius);
        background: transparent;
        text-align: start;
      }
      .requests:hover {
        background: var(--wash);
      }
      .requests[aria-current='true'] {
        background: var(--accent-wash);
      }
      .requests .tile {
        display: grid;
        place-items: center;
        inline-size: 2.5rem;
        block-size: 2.5rem;
        border-radius: 22%;
        background: var(--accent-wash);
        color: var(--accent-ink);
      }
      .requests .words {
        flex: 1;
        min-inline-size: 0;
        display: grid;
      }
      .requests > svg {
        color: var(--ink-soft);
      }
      .requests:dir(rtl) > svg {
        scale: -1 1;
      }
      .requests strong {
        font-weight: 500;
      }
      .empty,
      .nobody {
        padding: 8px 16px;
        overflow-wrap: anywhere;
      }
      footer {
        padding: 8px;
        border-block-start: 1px solid var(--line);
      }
      footer p {
        padding: 4px 8px;
      }
      footer .keep {
        display: inline;
        padding: 2px 0;
        border: 0;
        background: none;
        color: var(--accent-ink);
        text-decoration: underline;
        text-decoration-thickness: 1px;
        text-underline-offset: 3px;
        text-align: start;
      }
      lk-welcome {
        display: none;
      }
      @media (max-width: 47.99em) {
        lk-welcome {
          display: block;
        }
        .empty {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) state: State = startState(0);
  @query('lk-contact-list') list!: ContactListElement | null;
  @query('lk-search-field') field!: SearchFieldElement;

  focusRow(address: string): void {
    if (this.list?.focusRow(address) !== true) this.field.focus();
  }

  focusField(): void {
    this.field.focus();
  }

  override render(): TemplateResult {
    const { own, patterns, search, contacts } = this.state;
    const outcome = search.outcome;
    const found = outcome?.type === 'found' ? outcome.parsed.address : '';
    return html`
      <header>
        <lk-key-pattern .pattern=${patterns.get(own?.address ?? '')}></lk-key-pattern>
        <p><bdi class="cut">${plainName(own?.name ?? strings.product)}</bdi></p>
        ${this.#opener('qrCode', strings.sidebar.myAddress, { type: 'myAddress' })}
        ${this.#opener('settings', strings.sidebar.settings, { type: 'settings' })}
      </header>
      <lk-search-field
        .search=${search}
        .pattern=${patterns.get(found)}
        .known=${contacts.get(found)}
        ?disabled=${this.state.phase.type !== 'ready'}
      ></lk-search-field>
      <div class="list">${this.#list()}</div>
      <footer>
        ${own === undefined ? nothing : this.#standingLine(contacts.size > 0)}
        <lk-connection-bar
          .connection=${ownConnection(this.state.network)}
          .findable=${own?.findable ?? 'notYet'}
        ></lk-connection-bar>
      </footer>
    `;
  }

  #list(): TemplateResult {
    const { search, patterns, view, nowMs, own } = this.state;
    const all = conversations(this.state);
    const isSearching = search.text !== '' && search.outcome === undefined;
    const shown = isSearching ? matching([...all, ...requests(this.state)], search.text) : all;
    if (isSearching && shown.length === 0) {
      return html`<p class="nobody soft">${strings.search.nobody(search.text)}</p>`;
    }
    const asking = requests(this.state);
    const isFirstRun = all.length === 0 && asking.length === 0 && own !== undefined;
    return html`
      ${isSearching ? nothing : this.#requests(asking)}
      ${isFirstRun
        ? html`<p class="empty soft">${strings.sidebar.empty}</p>
            <lk-welcome .pattern=${patterns.get(own.address)}></lk-welcome>`
        : nothing}
      <lk-contact-list
        .rows=${shown}
        .patterns=${patterns}
        .selected=${view.type === 'chat' ? view.contact : undefined}
        .nowMs=${nowMs}
      ></lk-contact-list>
    `;
  }

  #requests(asking: readonly Row[]): TemplateResult | typeof nothing {
    if (asking.length === 0) return nothing;
    return html`<button
      class="requests"
      type="button"
      aria-current=${this.state.view.type === 'requests' ? 'true' : nothing}
      @click=${() => {
        act(this, { type: 'openRequests' });
      }}
    >
      <span class="tile">${icon('inbox')}</span>
      <span class="words">
        <strong>${strings.sidebar.requests}</strong>
        <span class="soft small">${strings.sidebar.requestCount(asking.length)}</span>
      </span>
      ${icon('chevronRight')}
    </button>`;
  }

  #standingLine(hasContacts: boolean): TemplateResult {
    return html`<p class="soft small">
      ${strings.sidebar.lives}
      ${hasContacts
        ? html`<button
            class="keep"
            type="button"
            @click=${() => {
              act(this, { type: 'openDialog', dialog: { type: 'phraseShow' } });
            }}
          >
            ${strings.sidebar.keep}
          </button>`
        : nothing}
    </p>`;
  }

  #opener(name: 'qrCode' | 'settings', label: string, dialog: Dialog): TemplateResult {
    return html`<button
      class="icon-button"
      type="button"
      aria-label=${label}
      title=${label}
      ?disabled=${this.state.own === undefined}
      @click=${() => {
        act(this, { type: 'openDialog', dialog });
      }}
    >
      ${icon(name)}
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-sidebar': SidebarElement;
  }
}
