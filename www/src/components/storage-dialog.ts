import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { StorageView } from '../api.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { icon, type IconName } from './icon.ts';
import './dialog.ts';

/**
 * Where everything is kept, whether the browser promised to keep it, and what helps if it does not.
 *
 * Properties: `storage`, `answer` (of the browser, when it was asked just now), `deep`.
 * Actions: `persist`, `openDialog`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-storage-dialog')
export class StorageDialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      .stack {
        gap: 20px;
      }
      section {
        display: grid;
        gap: 8px;
        justify-items: start;
      }
      .state {
        display: flex;
        align-items: center;
        gap: 8px;
        font-weight: 600;
      }
      .state.well svg {
        color: var(--well);
      }
      .state.warn svg {
        color: var(--warning);
      }
    `,
  ];

  @property({ attribute: false }) storage: StorageView | undefined;
  @property() answer: 'asking' | 'refused' | undefined;
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult {
    const words = strings.storage;
    const { storage } = this;
    const problem = storage?.problem;
    return html`<lk-dialog heading=${words.title} ?deep=${this.deep}>
      <div class="stack">
        <section>
          ${storage?.kept === false
            ? this.#state('circleAlert', 'warn', words.memory, words.memoryText)
            : this.#state('check', 'well', words.kept, words.keptText)}
          ${problem === undefined ? nothing : html`<p class="problem">${icon('circleAlert')} ${words[problem]}</p>`}
        </section>
        ${storage?.kept === false ? nothing : this.#promise(storage)}
        <section>
          <p class="soft small">${words.clearing}</p>
          <p class="soft small">${words.erasing}</p>
          <button
            class="button"
            type="button"
            @click=${() => {
              act(this, { type: 'openDialog', dialog: { type: 'backup', step: { type: 'rest' } } });
            }}
          >
            ${icon('archive')} ${words.backup}
          </button>
        </section>
      </div>
    </lk-dialog>`;
  }

  #state(name: IconName, kind: 'well' | 'warn', title: string, text: string): TemplateResult {
    return html`<p class="state ${kind}">${icon(name)} ${title}</p>
      <p class="soft">${text}</p>`;
  }

  #promise(storage: StorageView | undefined): TemplateResult {
    const words = strings.storage;
    const isAsking = this.answer === 'asking';
    const refusal = storage?.persisted === undefined ? words.unknown : words.notPersisted;
    const text = storage?.persisted === true ? words.persisted : refusal;
    return html`<section>
      <h3>${words.persistedTitle}</h3>
      <p class="soft">${text}</p>
      ${storage?.persisted === true
        ? nothing
        : html`<button
            class="button"
            type="button"
            ?disabled=${isAsking}
            @click=${() => {
              act(this, { type: 'persist' });
            }}
          >
            ${isAsking ? words.asking : words.ask}
          </button>`}
      ${this.answer === 'refused' ? html`<p class="soft small">${words.refused}</p>` : nothing}
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-storage-dialog': StorageDialogElement;
  }
}
