import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';

/**
 * A field for a passphrase, hidden until one asks to see it. Its words never leave it but by `value`.
 *
 * Properties: `label`, `hint`, `fresh` (a new one: password managers offer to make it), `invalid`, `disabled`, `value`
 * (read only). Methods: `focus()`, `clear()`. Events: `enter` (Enter was pressed). Slots: none. Parts: `input`.
 */
@customElement('lk-passphrase-field')
export class PassphraseFieldElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      .field {
        text-align: start;
      }
      .bar {
        position: relative;
      }
      .input {
        padding-inline-end: 3rem;
      }
      .icon-button {
        position: absolute;
        inset-block: 0;
        inset-inline-end: 0;
        block-size: auto;
      }
      .icon-button:hover {
        background: transparent;
      }
    `,
  ];

  @property() label = '';
  @property() hint = '';
  @property({ type: Boolean }) fresh = false;
  @property({ type: Boolean }) invalid = false;
  @property({ type: Boolean }) disabled = false;
  @query('input') input!: HTMLInputElement;
  @state() isShown = false;

  get value(): string {
    return this.hasUpdated ? this.input.value : '';
  }

  clear(): void {
    if (this.hasUpdated) this.input.value = '';
  }

  override focus(): void {
    // A dialog asks for it before this has been drawn for the first time.
    void this.updateComplete.then(() => {
      this.input.focus();
    });
  }

  override render(): TemplateResult {
    const words = strings.opening.locked;
    return html`<div class="field">
      <label for="input">${this.label}</label>
      <div class="bar">
        <input
          id="input"
          part="input"
          class="input"
          type=${this.isShown ? 'text' : 'password'}
          autocomplete=${this.fresh ? 'new-password' : 'current-password'}
          autocapitalize="none"
          spellcheck="false"
          aria-describedby=${this.hint === '' ? nothing : 'hint'}
          aria-invalid=${this.invalid}
          ?disabled=${this.disabled}
          @keydown=${this.#key}
        />
        <button
          class="icon-button"
          type="button"
          aria-label=${words.show}
          aria-pressed=${this.isShown}
          @click=${this.#toggle}
        >
          ${icon(this.isShown ? 'eyeOff' : 'eye')}
        </button>
      </div>
      ${this.hint === '' ? nothing : html`<p id="hint" class="soft small">${this.hint}</p>`}
    </div>`;
  }

  #toggle(): void {
    this.isShown = !this.isShown;
  }

  /** A form does not reach into another shadow tree, so Enter is told to it. */
  #key(event: KeyboardEvent): void {
    if (event.key === 'Enter' && !event.isComposing) this.dispatchEvent(new CustomEvent('enter'));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-passphrase-field': PassphraseFieldElement;
  }
}
