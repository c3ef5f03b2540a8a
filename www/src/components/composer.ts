import { LitElement, css, html, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';

import { act } from '../actions.ts';
import { utf8Length } from '../format.ts';
import type { Problem } from '../problem.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import { problemLine } from './problem-line.ts';

/** The most bytes of a text; PROTOCOL.md has the number. */
const textBytes = 8192;
/** The room left is said from here on. */
const nearBytes = 7168;

/**
 * Where messages are written. Enter sends, Shift+Enter makes a new line; on touch screens Enter makes a new line.
 *
 * Properties: `contact` (address), `name`, `draft`, `problem` (why the last text was not taken), `disabled`.
 * Methods: `focus()`. Actions: `draft`, `send`. Slots: none. Parts: `input`, `send`.
 */
@customElement('lk-composer')
export class ComposerElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      :host {
        padding: 8px 16px 12px;
      }
      form {
        display: flex;
        align-items: flex-end;
        gap: 8px;
      }
      .input {
        flex: 1;
        min-inline-size: 0;
        max-block-size: min(12rem, 40dvh);
        min-block-size: 2.75rem;
        padding-block: 9px;
        vertical-align: bottom;
        border-radius: var(--radius);
        resize: none;
        field-sizing: content;
        line-height: 1.5;
      }
      .send {
        inline-size: 2.75rem;
        block-size: 2.75rem;
        border-radius: var(--radius);
        background: var(--accent);
        color: var(--on-accent);
      }
      .send:hover {
        background: var(--accent-ink);
        color: var(--on-accent);
      }
      .send:disabled {
        background: var(--wash);
        color: var(--ink-soft);
        cursor: default;
      }
      .limit {
        padding: 0 4px 4px;
      }
      .limit.over {
        color: var(--danger);
      }
      .problem {
        padding: 0 4px 8px;
      }
    `,
  ];

  @property() contact = '';
  @property() name = '';
  @property() draft = '';
  @property() problem: Problem | undefined;
  @property({ type: Boolean }) disabled = false;
  @query('textarea') area!: HTMLTextAreaElement;

  override focus(): void {
    this.area.focus();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('draft') || changed.has('contact')) this.#grow();
  }

  override render(): TemplateResult {
    const words = strings.composer;
    const bytes = utf8Length(this.draft);
    const isOver = bytes > textBytes;
    const isEmpty = this.draft.trim() === '';
    return html`
      ${problemLine(this.problem)}
      <p id="limit" class="limit small ${isOver ? 'over' : 'soft'}" ?hidden=${bytes < nearBytes}>
        ${isOver ? words.over(bytes - textBytes) : words.left(textBytes - bytes)}
      </p>
      <form @submit=${this.#submit}>
        <textarea
          part="input"
          class="input"
          rows="1"
          dir="auto"
          aria-label=${words.label(this.name)}
          aria-describedby="limit problem"
          aria-invalid=${isOver}
          placeholder=${this.disabled ? words.stopped : words.placeholder}
          ?disabled=${this.disabled}
          .value=${live(this.draft)}
          @input=${this.#typed}
          @keydown=${this.#key}
        ></textarea>
        <button
          part="send"
          class="icon-button send"
          type="submit"
          aria-label=${words.send}
          title=${words.send}
          ?disabled=${this.disabled || isEmpty || isOver}
        >
          ${icon('arrowUp')}
        </button>
      </form>
    `;
  }

  /** Browsers without `field-sizing` need the height by hand. */
  #grow(): void {
    if (CSS.supports('field-sizing', 'content')) return;
    this.area.style.blockSize = 'auto';
    this.area.style.blockSize = `${String(this.area.scrollHeight + 2)}px`;
  }

  #typed(): void {
    act(this, { type: 'draft', contact: this.contact, text: this.area.value });
  }

  #key(event: KeyboardEvent): void {
    // While an input method is composing, Enter belongs to it; Safari says so by the key code 229 alone.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other sign in Safari
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return;
    if (event.shiftKey || event.altKey || matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    this.#send();
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    this.#send();
    this.focus();
  }

  #send(): void {
    // What stands in the field, which may be newer than the property.
    const { value } = this.area;
    const text = value.trim();
    if (this.disabled || text === '' || utf8Length(value) > textBytes) return;
    act(this, { type: 'send', contact: this.contact, text });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-composer': ComposerElement;
  }
}
