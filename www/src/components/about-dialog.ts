import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { strings } from '../strings.ts';
import { shared } from '../styles/shared.ts';
import './dialog.ts';

/**
 * What the page promises, what it cannot promise, and which code runs.
 *
 * Properties: `code` (name of the running script, which holds its hash), `kept` (what is written is stored), `deep`.
 * Actions: `closeDialog`. Slots: none. Parts: none.
 */
@customElement('lk-about-dialog')
export class AboutDialogElement extends LitElement {
  static override styles = [
    shared,
    css`
      ul {
        display: grid;
        gap: 8px;
        margin-block-start: 8px;
      }
      li {
        padding-inline-start: 16px;
        border-inline-start: 2px solid var(--line);
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 4px 16px;
        padding-block-start: 16px;
        border-block-start: 1px solid var(--line);
      }
      dd {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property() code = '';
  @property({ type: Boolean }) kept = false;
  @property({ type: Boolean }) deep = false;

  override render(): TemplateResult {
    const { about } = strings;
    return html`<lk-dialog heading=${about.title} ?deep=${this.deep} reading>
      <div class="stack">
        <p>${about.lead}</p>
        <section>
          <h3>${about.does}</h3>
          ${this.#points(about.doesPoints)}
        </section>
        <section>
          <h3>${about.doesNot}</h3>
          ${this.#points([this.kept ? about.keptPoint : about.memoryPoint, ...about.doesNotPoints])}
        </section>
        <dl class="small">
          <dt class="soft">${about.version}</dt>
          <dd>${LOWKEY_VERSION}</dd>
          <dt class="soft">${about.code}</dt>
          <dd class="mono" dir="ltr">${this.code}</dd>
        </dl>
        <p class="soft small">${about.licence}</p>
      </div>
    </lk-dialog>`;
  }

  #points(points: readonly string[]): TemplateResult {
    return html`<ul class="soft">
      ${points.map((point) => html`<li>${point}</li>`)}
    </ul>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-about-dialog': AboutDialogElement;
  }
}
