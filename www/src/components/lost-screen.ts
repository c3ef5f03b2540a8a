import { LitElement, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { Lost } from '../store.ts';
import { strings } from '../strings.ts';
import { screen } from '../styles/screen.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';

/**
 * The whole page when the identity that was here cannot be shown: why, and the next steps, none of which is taken by
 * itself.
 *
 * Properties: `what`.
 * Actions: `openDialog`, `reload`. Slots: none. Parts: none.
 */
@customElement('lk-lost-screen')
export class LostScreenElement extends LitElement {
  static override styles = [shared, controls, screen];

  @property() what: Lost | 'replaced' = 'gone';
  @query('h2') heading!: HTMLElement;

  override firstUpdated(): void {
    this.heading.focus();
  }

  override render(): TemplateResult {
    const { lost, replaced } = strings.opening;
    const { title, texts } = this.what === 'replaced' ? { title: replaced.title, texts: [replaced.text] } : lost[this.what];
    return html`<div class="box">
      <span class="mark">${icon(this.what === 'replaced' ? 'refresh' : 'circleAlert')}</span>
      <div>
        <h2 tabindex="-1">${title}</h2>
        ${texts.map((text) => html`<p class="soft">${text}</p>`)}
      </div>
      <div class="steps">${this.#steps()}</div>
    </div>`;
  }

  #steps(): TemplateResult {
    const { words, anew, replaced } = strings.opening;
    const restore = (kind: string): TemplateResult =>
      this.#button(kind, words, () => {
        act(this, { type: 'openDialog', dialog: { type: 'phraseRestore' } });
      });
    const begin = this.#button('plain', anew, () => {
      act(this, { type: 'openDialog', dialog: { type: 'beginAnew' } });
    });
    const reload = (label: string): TemplateResult =>
      this.#button('primary', label, () => {
        act(this, { type: 'reload' });
      });
    switch (this.what) {
      case 'gone':
        return html`${restore('primary')} ${begin}`;
      case 'damaged':
        return html`${reload(strings.reload)} ${restore('')} ${begin}`;
      case 'newer':
        return html`${reload(strings.reload)} ${restore('plain')}`;
      case 'replaced':
        return reload(replaced.action);
      default:
        return html`${this.what satisfies never}${nothing}`;
    }
  }

  #button(kind: string, label: string, run: () => void): TemplateResult {
    return html`<button class="button ${kind}" type="button" @click=${run}>${label}</button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-lost-screen': LostScreenElement;
  }
}
