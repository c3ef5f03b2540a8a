import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { act } from '../actions.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';

/**
 * The frame of each dialog: a native modal, a sheet from below on narrow screens.
 *
 * Properties: `heading`, `deep` (another dialog lies below: the button goes back), `question` (role alertdialog, no
 * close button in the corner), `sticky` (a click beside it does not close it), `reading` (the body is text alone, so it takes
 * the focus itself, to be scrolled by keys).
 * Actions: `closeDialog`. Slots: default (body), `footer`. Parts: `dialog`, `body`, `footer`.
 */
@customElement('lk-dialog')
export class DialogElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      dialog {
        inline-size: min(27rem, 100vw - 32px);
        max-inline-size: none;
        max-block-size: min(46rem, 100dvh - 32px);
        padding: 0;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--paper);
        color: var(--ink);
        overflow: hidden;
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
        animation: appear var(--motion) ease-out;
      }
      dialog::backdrop {
        background: var(--veil);
      }
      @keyframes appear {
        from {
          opacity: 0;
          translate: 0 8px;
        }
      }
      .head {
        display: flex;
        align-items: center;
        gap: 4px;
        padding: 12px 12px 4px 20px;
      }
      .head.deep {
        padding-inline-start: 8px;
      }
      .head.deep svg:dir(rtl) {
        scale: -1 1;
      }
      .head h2 {
        flex: 1;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .head h2:focus {
        outline: none;
      }
      .question .head {
        padding-block-start: 20px;
      }
      .body:focus-visible {
        outline-offset: -3px;
      }
      .body {
        flex: 1 1 auto;
        min-block-size: 0;
        overflow: auto;
        overscroll-behavior: contain;
        padding: 4px 20px 20px;
      }
      .footer {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 8px;
        padding: 12px 20px;
        border-block-start: 1px solid var(--line);
      }
      @media (max-width: 30em) {
        dialog {
          inline-size: 100%;
          max-block-size: calc(100dvh - 24px);
          margin-block-end: 0;
          margin-inline: 0;
          border-inline: 0;
          border-block-end: 0;
          border-end-start-radius: 0;
          border-end-end-radius: 0;
        }
      }
    `,
  ];

  @property() heading = '';
  @property({ type: Boolean }) deep = false;
  @property({ type: Boolean }) question = false;
  @property({ type: Boolean }) sticky = false;
  @property({ type: Boolean }) reading = false;
  @query('dialog') dialog!: HTMLDialogElement;
  @query('h2') headingElement!: HTMLElement;

  override firstUpdated(): void {
    this.dialog.showModal();
    // Focus goes to what the dialog asks for; without a field or marked button, to its title, so that it is read.
    const wanted = this.querySelector<HTMLElement>('[autofocus]');
    (wanted ?? this.headingElement).focus();
  }

  override render(): TemplateResult {
    return html`<dialog
      part="dialog"
      class=${this.question ? 'question' : ''}
      role=${this.question ? 'alertdialog' : nothing}
      aria-labelledby="title"
      aria-describedby=${this.question ? 'body' : nothing}
      @cancel=${this.#cancel}
      @close=${this.#close}
      @pointerdown=${this.#beside}
    >
      <div class="head ${this.deep ? 'deep' : ''}">
        ${this.deep && !this.question ? this.#button('arrowLeft', strings.back) : nothing}
        <h2 id="title" tabindex="-1">${this.heading}</h2>
        ${this.deep || this.question ? nothing : this.#button('x', strings.close)}
      </div>
      <div id="body" class="body" part="body" tabindex=${this.reading ? 0 : nothing}><slot></slot></div>
      <div class="footer" part="footer" ?hidden=${this.querySelector('[slot=footer]') === null}>
        <slot name="footer"></slot>
      </div>
    </dialog>`;
  }

  #button(name: 'x' | 'arrowLeft', label: string): TemplateResult {
    return html`<button class="icon-button" type="button" aria-label=${label} @click=${this.#close}>
      ${icon(name)}
    </button>`;
  }

  /** The state decides what is open: Esc only asks for it. */
  #cancel(event: Event): void {
    event.preventDefault();
    this.#close();
  }

  #beside(event: PointerEvent): void {
    if (event.target !== this.dialog || this.sticky || this.question) return;
    const box = this.dialog.getBoundingClientRect();
    const isInside =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom;
    if (!isInside) this.#close();
  }

  #close(): void {
    if (this.isConnected) act(this, { type: 'closeDialog' });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-dialog': DialogElement;
  }
}
