import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { Problem } from '../problem.ts';
import type { LockWay } from '../store.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { icon, type IconName } from './icon.ts';
import type { PassphraseFieldElement } from './passphrase-field.ts';
import { problemLine } from './problem-line.ts';
import './dialog.ts';
import './passphrase-field.ts';

const stack = css`
  .stack {
    gap: 12px;
  }
  .doors {
    display: grid;
    justify-items: start;
    gap: 8px;
  }
`;

/**
 * The lock: what it is for, and what can be done with it now.
 *
 * Properties: `kept` (there is something to lock), `locks` (a passphrase is set), `deep`.
 * Actions: `openDialog`, `lockNow`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-lock-dialog')
export class LockDialogElement extends LitElement {
  static override styles = [shared, controls, stack];

  @property({ type: Boolean }) kept = false;
  @property({ type: Boolean }) locks = false;
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult {
    const words = strings.lock;
    return html`<lk-dialog heading=${words.title} ?deep=${this.deep}>
      <div class="stack">${this.kept ? this.#body() : html`<p class="soft">${words.memory}</p>`}</div>
    </lk-dialog>`;
  }

  #body(): TemplateResult {
    const words = strings.lock;
    if (!this.locks) {
      return html`<p class="soft">${words.offText}</p>
        <div class="doors">${this.#way('primary', 'lock', words.set, 'set')}</div>`;
    }
    return html`<p class="soft">${words.onText}</p>
      <div class="doors">
        <button
          class="button primary"
          type="button"
          aria-describedby="now"
          @click=${() => {
            act(this, { type: 'lockNow' });
          }}
        >
          ${icon('lock')} ${words.now}
        </button>
        <p id="now" class="soft small">${words.nowText}</p>
        ${this.#way('', 'pencil', words.change, 'change')} ${this.#way('', 'trash', words.remove, 'remove')}
      </div>`;
  }

  #way(kind: string, name: IconName, label: string, way: LockWay): TemplateResult {
    return html`<button
      class="button ${kind}"
      type="button"
      @click=${() => {
        act(this, { type: 'openDialog', dialog: { type: 'lockSet', way } });
      }}
    >
      ${icon(name)} ${label}
    </button>`;
  }
}

/**
 * Sets, changes or removes the passphrase.
 *
 * Properties: `way`, `busy`, `problem`, `deep`.
 * Actions: `setLock`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-lock-set-dialog')
export class LockSetDialogElement extends LitElement {
  static override styles = [shared, controls, fields, stack];

  @property() way: LockWay = 'set';
  @property({ type: Boolean }) busy = false;
  @property() problem: Problem | undefined;
  @property({ type: Boolean }) deep = false;
  @query('.current') current!: PassphraseFieldElement | null;
  @query('.fresh') fresh!: PassphraseFieldElement | null;
  @query('.again') again!: PassphraseFieldElement | null;

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has('problem') || this.problem === undefined) return;
    const wrong = this.problem === 'passphraseWrong' ? this.current : this.again;
    (wrong ?? this.current ?? this.fresh)?.focus();
  }

  override render(): TemplateResult {
    const words = strings.lock;
    return html`<lk-dialog heading=${words[this.way]} ?deep=${this.deep} sticky>
      <form id="form" @submit=${this.#submit}>
        <p class="soft">${this.way === 'remove' ? words.removeText : words.warning}</p>
        ${this.way === 'set' ? nothing : this.#field('current', words.current)}
        ${problemLine(this.#isWrong('current') ? this.problem : undefined, 'current-problem')}
        ${this.way === 'remove'
          ? nothing
          : html`${this.#field('fresh', words.fresh, words.hint)} ${this.#field('again', words.again)}`}
        ${problemLine(this.#isWrong('current') ? undefined : this.problem)}
      </form>
      <button
        slot="footer"
        class="button"
        type="button"
        @click=${() => {
          act(this, { type: 'closeDialog' });
        }}
      >
        ${strings.cancel}
      </button>
      <button slot="footer" class="button primary" type="submit" form="form" ?disabled=${this.busy}>
        ${this.busy ? words.saving : this.way === 'remove' ? words.removeShort : words.save}
      </button>
    </lk-dialog>`;
  }

  #field(name: 'current' | 'fresh' | 'again', label: string, hint = ''): TemplateResult {
    const isFirst = name === (this.way === 'set' ? 'fresh' : 'current');
    return html`<lk-passphrase-field
      class=${name}
      label=${label}
      hint=${hint}
      ?fresh=${name !== 'current'}
      ?invalid=${this.#isWrong(name)}
      ?autofocus=${isFirst}
      @enter=${this.#set}
    ></lk-passphrase-field>`;
  }

  #isWrong(name: 'current' | 'fresh' | 'again'): boolean {
    if (this.problem === 'passphraseWrong') return name === 'current';
    return this.problem === 'passphrasesDiffer' && name === 'again';
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    this.#set();
  }

  #set(): void {
    if (this.busy) return;
    const [current, fresh, again] = [this.current, this.fresh, this.again].map((field) => field?.value ?? '');
    act(this, { type: 'setLock', way: this.way, current: current ?? '', fresh: fresh ?? '', again: again ?? '' });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-lock-dialog': LockDialogElement;
    'lk-lock-set-dialog': LockSetDialogElement;
  }
}
