import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { act } from '../actions.ts';
import { plainName } from '../names.ts';
import { conversations, foundMessages, hasPeople, matching, nameFor, ownConnection, requests, type Row } from '../people.ts';
import { startState, type Dialog, type State } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import type { ContactListElement } from './contact-list.ts';
import type { SearchFieldElement } from './search-field.ts';
import './connection-bar.ts';
import './contact-list.ts';
import './found-messages.ts';
import './keep-nudge.ts';
import './key-pattern.ts';
import './search-field.ts';
import './welcome.ts';

/**
 * The list side: who we are, the one field, requests, conversations or what was found, the connection.
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
      .kind {
        padding: 8px 16px 4px;
        color: var(--ink-soft);
        font-size: var(--text-s);
        font-weight: 600;
        letter-spacing: 0;
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
        ${this.#nudge()}
        <lk-connection-bar
          .connection=${ownConnection(this.state.network)}
          .findable=${own?.findable ?? 'notYet'}
        ></lk-connection-bar>
      </footer>
    `;
  }

  #list(): TemplateResult {
    const { search, patterns, own } = this.state;
    if (search.text.trim() !== '' && search.outcome === undefined) return this.#searched();
    const all = conversations(this.state);
    const asking = requests(this.state);
    const isFirstRun = all.length === 0 && asking.length === 0 && own !== undefined;
    return html`
      ${this.#requests(asking)}
      ${isFirstRun
        ? html`<p class="empty soft">${strings.sidebar.empty}</p>
            <lk-welcome .pattern=${patterns.get(own.address)}></lk-welcome>`
        : nothing}
      ${this.#rows(all)}
    `;
  }

  /** People first, then messages. */
  #searched(): TemplateResult {
    const { search, nowMs, patterns } = this.state;
    const words = strings.search;
    const people = matching([...conversations(this.state), ...requests(this.state)], search.text);
    const found = foundMessages(this.state);
    const isAnswered = search.found?.text === search.text.trim();
    if (people.length === 0 && found.length === 0) {
      return html`<p class="nobody soft">${isAnswered ? words.nobody(search.text) : words.looking}</p>
        ${this.#incomplete()}`;
    }
    return html`
      ${people.length === 0 ? nothing : html`<h2 class="kind">${words.people}</h2>`} ${this.#rows(people)}
      ${found.length === 0
        ? nothing
        : html`<h2 class="kind">${words.messages}</h2>
            <lk-found-messages
              .messages=${found}
              .words=${search.text}
              .nameOf=${this.#nameOf}
              .patterns=${patterns}
              .nowMs=${nowMs}
            ></lk-found-messages>`}
      ${this.#incomplete()}
    `;
  }

  #incomplete(): TemplateResult | typeof nothing {
    const { found } = this.state.search;
    return found === undefined || found.complete
      ? nothing
      : html`<p class="nobody soft small">${strings.search.incomplete}</p>`;
  }

  readonly #nameOf = (address: string): string => nameFor(this.state, address);

  #rows(rows: readonly Row[]): TemplateResult {
    const { patterns, view, nowMs } = this.state;
    return html`<lk-contact-list
      .rows=${rows}
      .patterns=${patterns}
      .selected=${view.type === 'chat' ? view.contact : undefined}
      .nowMs=${nowMs}
    ></lk-contact-list>`;
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

  /** The words to note: after the first contact, and after the browser's answer. */
  #nudge(): TemplateResult | typeof nothing {
    const { storage, keeping, contacts, phase } = this.state;
    const isDue = storage?.kept === true && phase.type === 'ready' && hasPeople(contacts.values());
    if (!isDue || keeping.isAsking || keeping.isNoted || keeping.isPutOff) return nothing;
    return html`<lk-keep-nudge .persisted=${storage.persisted === true}></lk-keep-nudge>`;
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
