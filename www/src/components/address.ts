import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { KeyPattern } from '../api.ts';
import { groups } from '../format.ts';
import { shared } from '../styles/shared.ts';
import './key-pattern.ts';

/**
 * An address in groups of characters, which are not in what is copied, beside its pattern.
 *
 * Properties: `address`, `pattern`.
 * Events, slots: none. Parts: none.
 */
@customElement('lk-address')
export class AddressElement extends LitElement {
  static override styles = [
    shared,
    css`
      .box {
        display: flex;
        align-items: center;
        gap: 12px;
        padding: 12px;
        border: 1px solid var(--line);
        border-radius: var(--radius-s);
        background: var(--surface);
      }
      code {
        flex: 1;
        min-inline-size: 0;
        font-family: var(--mono);
        font-size: var(--text-s);
        line-height: 1.6;
        overflow-wrap: anywhere;
      }
      span {
        display: inline-block;
        margin-inline-end: 0.55em;
      }
      span:nth-child(even) {
        color: var(--ink-soft);
      }
    `,
  ];

  @property() address = '';
  @property({ attribute: false }) pattern: KeyPattern | undefined;

  override render(): TemplateResult {
    // The part that all addresses share stands alone; the rest in groups that a person can say.
    const separator = this.address.indexOf('1') + 1;
    const parts = [
      this.address.slice(0, separator),
      ...groups(this.address.slice(separator), 5),
    ].filter(Boolean);
    return html`<div class="box">
      <lk-key-pattern .pattern=${this.pattern}></lk-key-pattern>
      <code dir="ltr" translate="no">${parts.map((part) => html`<span>${part}</span>`)}</code>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-address': AddressElement;
  }
}
