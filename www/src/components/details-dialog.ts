import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { ContactView, KeyPattern } from '../api.ts';
import { groups } from '../format.ts';
import { nameOf, reachWords } from '../people.ts';
import type { Consequence } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon, type IconName } from './icon.ts';
import './address.ts';
import './copy-button.ts';
import './dialog.ts';
import './key-pattern.ts';
import './switch.ts';

/**
 * All that is known of a contact, and what can be done about them.
 *
 * Properties: `contact`, `pattern`, `safetyNumber` (undefined while it is worked out), `hidesFromAll` (our address),
 * `deep`.
 * Actions: `openDialog`, `hideAddress`, `announce`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-details-dialog')
export class DetailsDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      .stack {
        gap: 20px;
      }
      .person {
        display: flex;
        align-items: center;
        gap: 16px;
      }
      .person > div {
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .person p:first-child {
        font-size: var(--text-l);
        font-weight: 600;
        line-height: 1.3;
      }
      section {
        display: grid;
        gap: 8px;
      }
      .digits {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(4.5em, 1fr));
        gap: 4px 8px;
        padding: 12px;
        border: 1px solid var(--line);
        border-radius: var(--radius-s);
        background: var(--surface);
        font-family: var(--mono);
        text-align: center;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) contact: ContactView | undefined;
  @property({ attribute: false }) pattern: KeyPattern | undefined;
  @property() safetyNumber: string | undefined;
  @property({ type: Boolean }) hidesFromAll = false;
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult | null {
    const { contact } = this;
    if (contact === undefined) return null;
    const words = strings.details;
    const isBlocked = contact.standing === 'blocked';
    return html`<lk-dialog heading=${words.title} ?deep=${this.deep}>
      <div class="stack">
        <div class="person">
          <lk-key-pattern size="l" .pattern=${this.pattern} label=${strings.person.pattern}></lk-key-pattern>
          <div>
            <p><bdi>${contact.petname === undefined ? words.unnamed : nameOf(contact)}</bdi></p>
            ${contact.ownName === undefined
              ? nothing
              : html`<p class="soft small">${strings.person.callsThemselves(contact.ownName)}</p>`}
            <p class="soft small">${isBlocked ? strings.chat.blocked(nameOf(contact)) : reachWords(contact.reach)}</p>
          </div>
        </div>
        <div class="actions">
          ${this.#action('pencil', words.rename, () => {
            act(this, { type: 'openDialog', dialog: { type: 'rename', contact: contact.address } });
          })}
          ${isBlocked
            ? this.#consequence('check', words.unblock, 'unblock')
            : this.#consequence('ban', words.block, 'block')}
          ${this.#consequence('trash', words.remove, 'remove')}
        </div>
        ${isBlocked ? nothing : this.#hiding(contact)}
        <section>
          <h3>${words.conversation}</h3>
          <div class="actions">
            ${contact.standing === 'contact' && contact.ended === undefined
              ? this.#action('circleStop', strings.ending.action, () => {
                  act(this, { type: 'openDialog', dialog: { type: 'endConversation', contact: contact.address } });
                })
              : nothing}
            ${this.#consequence('trash', words.deleteHistory, 'deleteHistory')}
          </div>
        </section>
        <section>
          <h3>${words.address}</h3>
          <lk-address .address=${contact.address} .pattern=${this.pattern}></lk-address>
          <div class="actions">
            <lk-copy-button
              .text=${contact.address}
              label=${strings.myAddress.copyAddress}
              done=${strings.myAddress.addressCopied}
            ></lk-copy-button>
          </div>
          <p class="soft small">${words.pattern}</p>
        </section>
        <section>
          <h3>${words.safety}</h3>
          <p class="soft small">${words.safetyText}</p>
          ${this.safetyNumber === undefined
            ? html`<p class="soft small">${words.safetyMaking}</p>`
            : html`<p class="digits" dir="ltr">
                ${groups(this.safetyNumber, 5).map((group) => html`<span>${group}</span>`)}
              </p>`}
        </section>
      </div>
    </lk-dialog>`;
  }

  #hiding(contact: ContactView): TemplateResult {
    const words = strings.details;
    const hint = contact.hidesAddress ? words.addressHidden : words.addressShown;
    return html`<lk-switch
      name="hide-address"
      label=${words.hideAddress(nameOf(contact))}
      hint=${this.hidesFromAll ? words.addressHiddenFromAll : hint}
      .on=${this.hidesFromAll || contact.hidesAddress}
      .disabled=${this.hidesFromAll}
      @change=${(event: CustomEvent<boolean>) => {
        act(this, { type: 'hideAddress', contact: contact.address, hide: event.detail });
      }}
    ></lk-switch>`;
  }

  #action(name: IconName, label: string, run: () => void): TemplateResult {
    return html`<button class="button" type="button" @click=${run}>${icon(name)} ${label}</button>`;
  }

  #consequence(name: IconName, label: string, what: Consequence): TemplateResult {
    return this.#action(name, label, () => {
      const contact = this.contact?.address;
      if (contact === undefined) return;
      act(this, { type: 'openDialog', dialog: { type: 'confirm', what, contact } });
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-details-dialog': DetailsDialogElement;
  }
}
