import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { controls, shared } from '../styles/shared.ts';

/**
 * Something that is on or off, with a line that says what that means now.
 *
 * Properties: `name`, `label`, `hint`, `on`, `disabled`.
 * Events: `change` with the new state in `detail`. Slots: none. Parts: none.
 */
@customElement('lk-switch')
export class SwitchElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      label {
        display: flex;
        align-items: center;
        gap: 12px;
        min-block-size: 2.5rem;
        cursor: pointer;
      }
      span {
        flex: 1;
        font-weight: 600;
      }
      input {
        appearance: none;
        position: relative;
        flex: none;
        inline-size: 2.75rem;
        block-size: 1.5rem;
        border: 1px solid var(--line-strong);
        border-radius: 1rem;
        background: var(--wash);
        cursor: pointer;
        transition: background-color var(--motion);
      }
      input::before {
        content: '';
        position: absolute;
        inset-block-start: 3px;
        inset-inline-start: 3px;
        inline-size: calc(1.5rem - 8px);
        block-size: calc(1.5rem - 8px);
        border-radius: 50%;
        background: var(--ink-soft);
        transition: inset-inline-start var(--motion);
      }
      input:checked {
        border-color: var(--accent);
        background: var(--accent);
      }
      input:checked::before {
        inset-inline-start: calc(2.75rem - 1.5rem + 3px);
        background: var(--on-accent);
      }
      label:has(:disabled),
      input:disabled {
        cursor: default;
      }
      input:disabled {
        opacity: 0.6;
      }
      @media (forced-colors: active) {
        input::before {
          background: CanvasText;
        }
        input:checked::before {
          background: Highlight;
        }
      }
    `,
  ];

  @property() name = '';
  @property() label = '';
  @property() hint = '';
  @property({ type: Boolean }) on = false;
  @property({ type: Boolean }) disabled = false;

  override render(): TemplateResult {
    return html`<label>
        <span>${this.label}</span>
        <input
          type="checkbox"
          role="switch"
          name=${this.name}
          aria-describedby=${this.hint === '' ? nothing : 'hint'}
          .checked=${this.on}
          ?disabled=${this.disabled}
          @change=${this.#changed}
        />
      </label>
      <p id="hint" class="soft small" ?hidden=${this.hint === ''}>${this.hint}</p>`;
  }

  #changed(event: Event & { currentTarget: HTMLInputElement }): void {
    event.stopPropagation();
    this.dispatchEvent(new CustomEvent('change', { detail: event.currentTarget.checked }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-switch': SwitchElement;
  }
}
