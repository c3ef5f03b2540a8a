import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { qrPath } from '../qr.ts';
import { shared } from '../styles/shared.ts';

/**
 * A text as a QR code, dark on white in both themes, because cameras want it so.
 *
 * Properties: `text`, `label` (accessible name).
 * Events, slots: none. Parts: `code`.
 */
@customElement('lk-qr-code')
export class QrCodeElement extends LitElement {
  static override styles = [
    shared,
    css`
      svg {
        display: block;
        inline-size: 100%;
        block-size: auto;
        border-radius: var(--radius);
        background: #ffffff;
        fill: #1c1e21;
        forced-color-adjust: none;
      }
    `,
  ];

  @property() text = '';
  @property() label = '';

  override render(): TemplateResult | null {
    if (this.text === '') return null;
    const { size, path } = qrPath(this.text);
    return html`<svg
      part="code"
      role="img"
      aria-label=${this.label}
      viewBox="0 0 ${size} ${size}"
      shape-rendering="crispEdges"
    >
      <path d=${path}></path>
    </svg>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-qr-code': QrCodeElement;
  }
}
