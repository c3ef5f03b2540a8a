import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { KeyPattern, OwnView } from '../api.ts';
import type { Problem } from '../problem.ts';
import { strings } from '../strings.ts';
import { controls, fields, shared } from '../styles/shared.ts';
import { icon } from './icon.ts';
import { problemLine } from './problem-line.ts';
import './address.ts';
import './copy-button.ts';
import './dialog.ts';
import './key-pattern.ts';
import './qr-code.ts';

/**
 * The sheet with one's own address: code, link, address, name to give away.
 *
 * Properties: `own`, `pattern`, `link` (undefined while it is made), `problem` (why the name was not taken), `deep`.
 * Actions: `setName`, `announce`, `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-my-address')
export class MyAddressElement extends LitElement {
  static override styles = [
    shared,
    controls,
    fields,
    css`
      .code {
        inline-size: min(15rem, 100%);
        aspect-ratio: 1;
        margin-inline: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        overflow: hidden;
        display: grid;
        place-items: center;
        background: var(--surface);
      }
      .code > * {
        inline-size: 100%;
      }
      .code p {
        text-align: center;
      }
      .actions > * {
        flex: 1 1 9rem;
        display: grid;
      }
      .name {
        display: flex;
        gap: 8px;
      }
      .name .input {
        flex: 1;
        min-inline-size: 0;
      }
    `,
  ];

  @property({ attribute: false }) own: OwnView | undefined;
  @property({ attribute: false }) pattern: KeyPattern | undefined;
  @property() link: string | undefined;
  @property() problem: Problem | undefined;
  /** The name as it was last given; saved when the peer has it. */
  @state() given: string | undefined;
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult {
    const words = strings.myAddress;
    const { own, link } = this;
    const isSaved = this.given !== undefined && this.given === (own?.name ?? '');
    return html`<lk-dialog heading=${words.title} ?deep=${this.deep}>
      <div class="stack">
        <p class="soft">${words.text}</p>
        <div class="code">
          ${link === undefined
            ? html`<p class="soft small">${words.making}</p>`
            : html`<lk-qr-code .text=${link} label=${words.qr}></lk-qr-code>`}
        </div>
        <div class="actions">
          ${link === undefined
            ? nothing
            : html`<lk-copy-button
                .text=${link}
                label=${words.copyLink}
                done=${words.linkCopied}
              ></lk-copy-button>`}
          <lk-copy-button
            .text=${own?.address ?? ''}
            label=${words.copyAddress}
            done=${words.addressCopied}
          ></lk-copy-button>
          ${'share' in navigator && link !== undefined
            ? html`<button class="button" type="button" @click=${this.#share}>
                ${icon('share')} ${words.share}
              </button>`
            : nothing}
        </div>
        <section>
          <h3 class="small">${words.address}</h3>
          <lk-address .address=${own?.address ?? ''} .pattern=${this.pattern}></lk-address>
        </section>
        <form class="field" @submit=${this.#saveName}>
          <label for="name">${words.name}</label>
          <div class="name">
            <input
              id="name"
              name="name"
              class="input"
              dir="auto"
              autocomplete="off"
              maxlength="64"
              aria-describedby="hint problem"
              aria-invalid=${this.problem !== undefined}
              .value=${this.given ?? own?.name ?? ''}
            />
            <button class="button" type="submit">${isSaved ? strings.saved : strings.save}</button>
          </div>
          ${problemLine(this.problem)}
          <p id="hint" class="soft small">${words.nameHint}</p>
        </form>
      </div>
    </lk-dialog>`;
  }

  #saveName(event: SubmitEvent & { currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    const name = new FormData(event.currentTarget).get('name');
    if (typeof name !== 'string') return;
    this.given = name.trim();
    act(this, { type: 'setName', name: this.given });
  }

  #share(): void {
    const { link } = this;
    if (link === undefined) return;
    navigator.share({ text: strings.myAddress.shareText, url: link }).catch(() => {
      // Closing the system's sheet rejects as well; there is nothing to say.
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-my-address': MyAddressElement;
  }
}
