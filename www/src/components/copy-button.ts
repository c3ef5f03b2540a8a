import { LitElement, html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { act } from '../actions.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon, type IconName } from './icon.ts';

const icons: Record<CopyButtonElement['outcome'], IconName> = {
  rest: 'copy',
  done: 'check',
  failed: 'circleAlert',
};

/**
 * A button that copies a text and says so.
 *
 * Properties: `text` (what is copied), `label` (its words), `done` (what is announced).
 * Actions: `announce`. Slots: none. Parts: `button`.
 */
@customElement('lk-copy-button')
export class CopyButtonElement extends LitElement {
  static override styles = [shared, controls];

  @property() text = '';
  @property() label: string = strings.copy;
  @property() done: string = strings.copied;
  @state() outcome: 'rest' | 'done' | 'failed' = 'rest';

  override render(): TemplateResult {
    return html`<button part="button" class="button" type="button" @click=${this.#copy}>
      ${icon(icons[this.outcome])} ${this.outcome === 'done' ? strings.copied : this.label}
    </button>`;
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.text);
      this.outcome = 'done';
    } catch {
      this.outcome = 'failed';
    }
    act(this, { type: 'announce', text: this.outcome === 'done' ? this.done : strings.copyFailed });
    setTimeout(() => {
      this.outcome = 'rest';
    }, 2000);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-copy-button': CopyButtonElement;
  }
}
