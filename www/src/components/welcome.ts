import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { KeyPattern } from '../api.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import './key-pattern.ts';

/**
 * The first screen: the key is made, and the next step in one sentence.
 *
 * Properties: `pattern`.
 * Events: `paste-wanted` (the person wants to paste an address). Actions: `openDialog`. Slots: none. Parts: none.
 */
@customElement('lk-welcome')
export class WelcomeElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      .box {
        display: grid;
        justify-items: center;
        gap: 16px;
        max-inline-size: 24rem;
        margin-inline: auto;
        padding: 32px 16px;
        text-align: center;
      }
      h2 + p {
        margin-block-start: 8px;
      }
      .steps {
        display: grid;
        gap: 8px;
        inline-size: min(16rem, 100%);
      }
    `,
  ];

  @property({ attribute: false }) pattern: KeyPattern | undefined;

  override render(): TemplateResult {
    const words = strings.welcome;
    return html`<div class="box">
      <lk-key-pattern size="l" .pattern=${this.pattern}></lk-key-pattern>
      <div>
        <h2>${words.title}</h2>
        <p class="soft">${words.text}</p>
      </div>
      <div class="steps">
        <button
          class="button primary"
          type="button"
          @click=${() => {
            act(this, { type: 'openDialog', dialog: { type: 'myAddress' } });
          }}
        >
          ${icon('qrCode')} ${words.share}
        </button>
        <button class="button" type="button" @click=${this.#paste}>${icon('userPlus')} ${words.paste}</button>
        <button
          class="button plain"
          type="button"
          @click=${() => {
            act(this, { type: 'openDialog', dialog: { type: 'phraseRestore' } });
          }}
        >
          ${words.words}
        </button>
      </div>
    </div>`;
  }

  #paste(): void {
    this.dispatchEvent(new CustomEvent('paste-wanted', { bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-welcome': WelcomeElement;
  }
  interface HTMLElementEventMap {
    'paste-wanted': CustomEvent<null>;
  }
}
