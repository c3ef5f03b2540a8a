import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { Phase } from '../store.ts';
import { strings } from '../strings.ts';
import { screen } from '../styles/screen.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';

/**
 * The whole page while there is no identity yet, or when there can be none: what is the matter, and what to do.
 *
 * Properties: `phase`.
 * Actions: `reload`. Slots: none. Parts: none.
 */
@customElement('lk-start-screen')
export class StartScreenElement extends LitElement {
  static override styles = [
    shared,
    controls,
    screen,
    css`
      .skeleton {
        display: grid;
        grid-template-columns: repeat(5, 1fr);
        gap: 2px;
        inline-size: 6rem;
        block-size: 6rem;
        padding: 14px;
        border-radius: 22%;
        background: var(--wash);
      }
      .skeleton i {
        border-radius: 2px;
        background: var(--line);
      }
    `,
  ];

  @property({ attribute: false }) phase: Phase = { type: 'starting', what: 'looking' };

  override render(): TemplateResult | null {
    const { phase } = this;
    switch (phase.type) {
      case 'starting':
        return this.#starting(phase.what);
      case 'unsupported': {
        const { title, text } = strings.missing[phase.missing];
        return this.#box(this.#mark(), title, [text], false);
      }
      case 'failed': {
        const { title, hint } = strings.failed;
        return this.#box(this.#mark(), title, [strings.problems[phase.problem], hint], true);
      }
      case 'locked':
      case 'lost':
      case 'replaced':
      case 'ready':
      case 'stopped':
        return null;
      default:
        return phase satisfies never;
    }
  }

  #starting(what: 'looking' | 'making' | 'opening'): TemplateResult {
    const { starting, making, opening } = strings.opening;
    const { title, text } = { looking: starting, making, opening }[what];
    return this.#box(this.#skeleton(), title, [text], false);
  }

  #box(mark: TemplateResult, title: string, texts: readonly string[], reload: boolean): TemplateResult {
    return html`<div class="box" role="status">
      ${mark}
      <div>
        <h2>${title}</h2>
        ${texts.map((text) => html`<p class="soft">${text}</p>`)}
      </div>
      ${reload
        ? html`<button
            class="button primary"
            type="button"
            @click=${() => {
              act(this, { type: 'reload' });
            }}
          >
            ${icon('refresh')} ${strings.reload}
          </button>`
        : nothing}
    </div>`;
  }

  #mark(): TemplateResult {
    return html`<span class="mark">${icon('circleAlert')}</span>`;
  }

  #skeleton(): TemplateResult {
    return html`<div class="skeleton" aria-hidden="true">${Array.from({ length: 25 }, () => html`<i></i>`)}</div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-start-screen': StartScreenElement;
  }
}
