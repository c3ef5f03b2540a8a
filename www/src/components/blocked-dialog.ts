import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { KeyPattern } from '../api.ts';
import { nameOf, type Row } from '../people.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import './dialog.ts';
import './key-pattern.ts';

/**
 * The people who are blocked, each with the way back.
 *
 * Properties: `rows`, `patterns`, `deep`.
 * Actions: `openDialog`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-blocked-dialog')
export class BlockedDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      li {
        display: flex;
        align-items: center;
        gap: 12px;
        padding-block: 8px;
      }
      li + li {
        border-block-start: 1px solid var(--line);
      }
      bdi {
        flex: 1;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) rows: readonly Row[] = [];
  @property({ attribute: false }) patterns: ReadonlyMap<string, KeyPattern> = new Map();
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult {
    return html`<lk-dialog heading=${strings.blocked.title} ?deep=${this.deep}>
      ${this.rows.length === 0
        ? html`<p class="soft">${strings.blocked.empty}</p>`
        : html`<ul>
            ${this.rows.map((row) => this.#row(row))}
          </ul>`}
    </lk-dialog>`;
  }

  #row({ contact }: Row): TemplateResult {
    const name = nameOf(contact);
    return html`<li>
      <lk-key-pattern .pattern=${this.patterns.get(contact.address)}></lk-key-pattern>
      <bdi>${name}</bdi>
      <button
        class="button"
        type="button"
        aria-label=${strings.blocked.unblock(name)}
        @click=${() => {
          const dialog = { type: 'confirm', what: 'unblock', contact: contact.address } as const;
          act(this, { type: 'openDialog', dialog });
        }}
      >
        ${strings.details.unblock}
      </button>
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-blocked-dialog': BlockedDialogElement;
  }
}
