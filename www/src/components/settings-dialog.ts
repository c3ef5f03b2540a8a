import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { PresenceMode, StorageView } from '../api.ts';
import type { Dialog } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon, type IconName } from './icon.ts';
import './dialog.ts';
import './switch.ts';

/**
 * Who may find us, and the doors to everything that is not needed every day.
 *
 * Properties: `presence`, `hidesAddress`, `connection` (words), `blocked` (how many), `storage`, `deep`.
 * Actions: `setPresence`, `hideAddress`, `openDialog`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-settings-dialog')
export class SettingsDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      fieldset {
        margin: 0;
        padding: 0;
        border: 0;
        display: grid;
        gap: 8px;
      }
      legend {
        padding: 0;
        margin-block-end: 8px;
        font-weight: 600;
      }
      .choice {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 4px;
        padding: 4px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--wash);
      }
      .choice label {
        position: relative;
        display: grid;
        place-items: center;
        min-block-size: 2.25rem;
        padding: 4px 8px;
        border-radius: var(--radius-s);
        text-align: center;
        line-height: 1.3;
        cursor: pointer;
      }
      .choice input {
        position: absolute;
        inset: 0;
        margin: 0;
        opacity: 0;
        cursor: pointer;
      }
      .choice label:has(:checked) {
        background: var(--surface);
        outline: 1px solid var(--line-strong);
        font-weight: 600;
      }
      .choice label:has(:focus-visible) {
        outline: 2px solid var(--accent);
        outline-offset: 2px;
      }
      section h3 {
        padding-block-start: 16px;
        border-block-start: 1px solid var(--line);
      }
      .doors {
        margin: 4px -8px 0;
      }
      .door {
        display: flex;
        align-items: center;
        gap: 12px;
        inline-size: 100%;
        min-block-size: 3rem;
        padding: 8px;
        border: 0;
        border-radius: var(--radius-s);
        background: transparent;
        text-align: start;
      }
      .door:hover {
        background: var(--wash);
      }
      .door > span:first-of-type {
        flex: 1;
      }
      .door svg {
        color: var(--ink-soft);
      }
      .door:dir(rtl) svg:last-child {
        scale: -1 1;
      }
    `,
  ];

  @property() presence: PresenceMode = 'visible';
  @property({ type: Boolean }) hidesAddress = false;
  @property() connection = '';
  @property({ type: Number }) blocked = 0;
  @property({ attribute: false }) storage: StorageView | undefined;
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult {
    const words = strings.settings;
    return html`<lk-dialog heading=${words.title} ?deep=${this.deep}>
      <div class="stack">
        <fieldset aria-describedby="presence-text">
          <legend>${words.presence}</legend>
          <div class="choice">
            ${this.#choice('visible', words.presenceVisible)} ${this.#choice('hidden', words.presenceHidden)}
          </div>
          <p id="presence-text" class="soft small">
            ${this.presence === 'visible' ? words.presenceTextVisible : words.presenceTextHidden}
          </p>
        </fieldset>
        <lk-switch
          name="hide-address"
          label=${words.hideAddress}
          hint=${this.hidesAddress ? words.addressHidden : words.addressShown}
          .on=${this.hidesAddress}
          @change=${(event: CustomEvent<boolean>) => {
            act(this, { type: 'hideAddress', contact: undefined, hide: event.detail });
          }}
        ></lk-switch>
        <section>
          <h3>${words.identity}</h3>
          <div class="doors">
            ${this.#door('qrCode', strings.sidebar.myAddress, '', { type: 'myAddress' })}
            ${this.#door('key', words.showPhrase, '', { type: 'phraseShow' })}
            ${this.#door('pencil', words.havePhrase, '', { type: 'phraseRestore' })}
          </div>
        </section>
        <section>
          <h3>${words.device}</h3>
          <div class="doors">
            ${this.#door('hardDrive', strings.storage.title, this.#storageNote(), { type: 'storage' })}
            ${this.#door('lock', strings.lock.title, this.#lockNote(), { type: 'lock' })}
            ${this.#door('archive', strings.backup.title, '', { type: 'backup', step: { type: 'rest' } })}
          </div>
        </section>
        <section>
          <h3>${words.others}</h3>
          <div class="doors">
          ${this.#door('waypoints', words.network, this.connection, { type: 'network' })}
          ${this.#door('ban', words.blocked, this.blocked === 0 ? '' : String(this.blocked), { type: 'blocked' })}
          ${this.#door('info', words.about, '', { type: 'about' })}
          </div>
        </section>
      </div>
    </lk-dialog>`;
  }

  #storageNote(): string {
    const words = strings.settings;
    const { storage } = this;
    if (storage === undefined) return '';
    if (!storage.kept) return words.notKept;
    if (storage.problem !== undefined) return storage.problem === 'full' ? words.fullShort : words.failedShort;
    return words.keptShort;
  }

  #lockNote(): string {
    if (this.storage?.kept !== true) return '';
    return this.storage.locks ? strings.lock.on : strings.lock.off;
  }

  #choice(mode: PresenceMode, label: string): TemplateResult {
    return html`<label>
      <input
        type="radio"
        name="presence"
        .checked=${this.presence === mode}
        @change=${() => {
          act(this, { type: 'setPresence', mode });
        }}
      />
      ${label}
    </label>`;
  }

  #door(name: IconName, label: string, note: string, dialog: Dialog): TemplateResult {
    return html`<button
      class="door"
      type="button"
      @click=${() => {
        act(this, { type: 'openDialog', dialog });
      }}
    >
      ${icon(name)}
      <span>${label}</span>
      <span class="soft small">${note}</span>
      ${icon('chevronRight')}
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-settings-dialog': SettingsDialogElement;
  }
}
