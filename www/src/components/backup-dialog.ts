import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { BackupStep } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import { problemLine } from './problem-line.ts';
import './dialog.ts';

/**
 * Makes a backup file, and takes one in: chosen, or dropped.
 *
 * Properties: `step`, `restored` (the identity was brought back just now: the file is the next step), `deep`.
 * Actions: `exportBackup`, `importBackup`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-backup-dialog')
export class BackupDialogElement extends LitElement {
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
      .drop {
        display: grid;
        justify-items: center;
        gap: 12px;
        inline-size: 100%;
        padding: 24px 16px;
        border: 1px dashed var(--line-strong);
        border-radius: var(--radius);
        text-align: center;
      }
      .drop.over {
        border-color: var(--accent);
        background: var(--accent-wash);
      }
      .done {
        display: flex;
        gap: 8px;
      }
      .done svg {
        color: var(--well);
      }
    `,
  ];

  @property({ attribute: false }) step: BackupStep = { type: 'rest' };
  @property({ type: Boolean }) restored = false;
  @property({ type: Boolean }) deep = false;
  @query('input') input!: HTMLInputElement;
  @state() isOver = false;

  override render(): TemplateResult {
    const words = strings.backup;
    const parts = [this.#make(), this.#take()];
    return html`<lk-dialog heading=${words.title} ?deep=${this.deep} sticky>
      <div class="stack">
        ${this.restored ? html`<p>${words.restored}</p>` : nothing} ${this.restored ? parts[1] : parts}
        ${problemLine(this.step.type === 'failed' ? this.step.problem : undefined)}
      </div>
    </lk-dialog>`;
  }

  #make(): TemplateResult {
    const words = strings.backup;
    const { step } = this;
    return html`<section>
      <h3>${words.makeTitle}</h3>
      <p class="soft">${words.makeText}</p>
      <button
        class="button primary"
        type="button"
        ?disabled=${this.#isBusy}
        @click=${() => {
          act(this, { type: 'exportBackup' });
        }}
      >
        ${icon('fileDown')} ${step.type === 'making' ? words.making : words.make}
      </button>
      ${step.type === 'made' ? this.#done(words.made(words.size(step.bytes))) : nothing}
    </section>`;
  }

  #take(): TemplateResult {
    const words = strings.backup;
    const { step } = this;
    return html`<section>
      <h3>${words.takeTitle}</h3>
      <div
        class="drop ${this.isOver ? 'over' : ''}"
        @dragover=${this.#over}
        @dragleave=${this.#left}
        @drop=${this.#dropped}
      >
        <p class="soft">${words.takeText}</p>
        <button
          class="button"
          type="button"
          ?disabled=${this.#isBusy}
          @click=${() => {
            this.input.click();
          }}
        >
          ${icon('fileUp')} ${step.type === 'taking' ? words.taking : words.choose}
        </button>
        <input type="file" accept=".age" aria-label=${words.choose} hidden @change=${this.#chosen} />
      </div>
      ${step.type === 'taken'
        ? this.#done(words.taken(step.imported.contacts, step.imported.messages))
        : nothing}
    </section>`;
  }

  #done(text: string): TemplateResult {
    return html`<p class="done">${icon('check')} ${text}</p>`;
  }

  get #isBusy(): boolean {
    return this.step.type === 'making' || this.step.type === 'taking';
  }

  #over(event: DragEvent): void {
    event.preventDefault();
    this.isOver = true;
  }

  #left(): void {
    this.isOver = false;
  }

  #dropped(event: DragEvent): void {
    event.preventDefault();
    this.isOver = false;
    this.#import(event.dataTransfer?.files[0]);
  }

  #chosen(): void {
    this.#import(this.input.files?.[0]);
    // The same file can be chosen again.
    this.input.value = '';
  }

  #import(file: File | undefined): void {
    if (file !== undefined && !this.#isBusy) act(this, { type: 'importBackup', file });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-backup-dialog': BackupDialogElement;
  }
}
