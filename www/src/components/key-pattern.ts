import { LitElement, css, svg, html, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { KeyPattern } from '../api.ts';
import { shared } from '../styles/shared.ts';

/**
 * A key as a small picture, the same for the same key wherever it is drawn.
 *
 * Properties: `pattern` (25 cells and a hue; nothing is drawn without), `label` (accessible name; decoration without).
 * Attributes: `size`: s (24 px), m (40 px, the default), l (96 px).
 * Events, slots: none. Parts: `tile`.
 */
@customElement('lk-key-pattern')
export class KeyPatternElement extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        inline-size: 2.5rem;
        block-size: 2.5rem;
        flex: none;
      }
      :host([size='s']) {
        inline-size: 1.5rem;
        block-size: 1.5rem;
      }
      :host([size='l']) {
        inline-size: 6rem;
        block-size: 6rem;
      }
      svg {
        display: block;
        inline-size: 100%;
        block-size: 100%;
        border-radius: 22%;
        background: hsl(var(--hue, 230) 40% var(--pattern-ground));
        fill: hsl(var(--hue, 230) 48% var(--pattern-ink));
      }
      @media (forced-colors: active) {
        svg {
          forced-color-adjust: none;
          background: Canvas;
          fill: CanvasText;
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ attribute: false }) pattern: KeyPattern | undefined;
  @property() label = '';

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has('pattern')) return;
    this.style.setProperty('--hue', String(this.pattern?.hue ?? 230));
  }

  override render(): TemplateResult {
    const cells = this.pattern?.cells ?? [];
    const squares = cells.map((isSet, index) => {
      if (!isSet) return null;
      const x = 1 + (index % 5);
      const y = 1 + Math.floor(index / 5);
      // A little wider than one, so that neighbours leave no seam.
      return svg`<rect x=${x} y=${y} width="1.02" height="1.02"></rect>`;
    });
    return this.label === ''
      ? html`<svg part="tile" viewBox="0 0 7 7" aria-hidden="true">${squares}</svg>`
      : html`<svg part="tile" viewBox="0 0 7 7" role="img" aria-label=${this.label}>${squares}</svg>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-key-pattern': KeyPatternElement;
  }
}
