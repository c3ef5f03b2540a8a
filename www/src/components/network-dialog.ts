import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { NetworkView, OwnView, RelayView, StorageView } from '../api.ts';
import { ownConnection, storageWords } from '../people.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon, type IconName } from './icon.ts';
import './copy-button.ts';
import './dialog.ts';

const icons: Record<RelayView['state'], IconName> = {
  connecting: 'circleDashed',
  connected: 'check',
  lost: 'unplug',
};

/**
 * The nodes we know, how we stand with each, and a report to send to whoever helps.
 *
 * Properties: `network`, `own`, `storage`, `report` (text), `deep`.
 * Actions: `reconnect`, `announce`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-network-dialog')
export class NetworkDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      .lead p:first-child {
        font-weight: 600;
      }
      ul {
        border: 1px solid var(--line);
        border-radius: var(--radius-s);
        background: var(--surface);
      }
      li {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0 12px;
        padding: 12px;
        overflow-wrap: anywhere;
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      li svg {
        grid-row: 1 / 3;
        margin-block-start: 2px;
        color: var(--ink-soft);
      }
      li.connected svg {
        color: var(--well);
      }
      .facts {
        display: flex;
        flex-wrap: wrap;
        gap: 0 8px;
      }
      .facts span:not(:last-of-type)::after {
        content: '·';
        content: '·' / '';
        margin-inline-start: 8px;
      }
      code {
        flex-basis: 100%;
        font-family: var(--mono);
      }
    `,
  ];

  @property({ attribute: false }) network: NetworkView | undefined;
  @property({ attribute: false }) own: OwnView | undefined;
  @property({ attribute: false }) storage: StorageView | undefined;
  @property() report = '';
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult {
    const words = strings.network;
    const relays = this.network?.relays ?? [];
    return html`<lk-dialog heading=${words.title} ?deep=${this.deep}>
      <div class="stack">
        <div class="lead">
          <p>${ownConnection(this.network).words}</p>
          <p class="soft">${this.#findable()}</p>
        </div>
        ${this.network?.online === false ? html`<p class="soft">${words.offline}</p>` : nothing}
        ${relays.length === 0
          ? html`<p class="soft">${words.empty}</p>`
          : html`<ul>
              ${relays.map((relay) => this.#relay(relay))}
            </ul>`}
        ${this.#ways()} <p class="soft small">${words.text}</p>
        ${this.storage === undefined
          ? nothing
          : html`<p class="soft small">${words.storage(storageWords(this.storage))}</p>`}
        <div class="actions">
          <button
            class="button"
            type="button"
            @click=${() => {
              act(this, { type: 'reconnect' });
            }}
          >
            ${icon('refresh')} ${words.tryNow}
          </button>
          <lk-copy-button .text=${this.report} label=${words.copyReport} done=${words.reportCopied}></lk-copy-button>
        </div>
        <p class="soft small">${words.reportHint}</p>
      </div>
    </lk-dialog>`;
  }

  #findable(): string {
    const { own } = this;
    if (own?.presence === 'hidden' && own.findable !== 'inUseElsewhere') return strings.network.hidden;
    return strings.network.findable[own?.findable ?? 'notYet'];
  }

  #ways(): TemplateResult | typeof nothing {
    const words = strings.network;
    const ways = this.network?.direct ?? [];
    if (ways.length === 0) return nothing;
    return html`<h3>${words.direct}</h3>
      <ul>
        ${ways.map(
          (way) => html`<li class="connected">
            ${icon('check')}
            <p>${words.here(words.found[way.local])}</p>
            <p class="facts soft small">
              <span>${words.there(words.found[way.remote])}</span>
              ${way.roundTripMs === undefined ? nothing : html`<span>${words.roundTrip(way.roundTripMs)}</span>`}
            </p>
          </li>`,
        )}
      </ul>`;
  }

  #relay(relay: RelayView): TemplateResult {
    const words = strings.network;
    return html`<li class=${relay.state}>
      ${icon(icons[relay.state])}
      <p><bdi>${relay.name}</bdi></p>
      <p class="facts soft small">
        <span>${words.state[relay.state]}</span>
        ${relay.reserved ? html`<span>${words.reserved}</span>` : nothing}
        ${relay.roundTripMs === undefined
          ? nothing
          : html`<span>${words.roundTrip(relay.roundTripMs)}</span>`}
        <code dir="ltr">${relay.address}</code>
      </p>
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-network-dialog': NetworkDialogElement;
  }
}
