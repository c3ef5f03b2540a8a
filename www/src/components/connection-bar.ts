import { LitElement, css, html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { act } from '../actions.ts';
import type { OwnView } from '../api.ts';
import type { OwnConnection } from '../people.ts';
import { strings } from '../strings.ts';
import { controls, shared } from '../styles/shared.ts';
import { icon, type IconName } from './icon.ts';

const icons: Record<OwnConnection['type'], IconName> = {
  connected: 'waypoints',
  looking: 'circleDashed',
  offline: 'cloudOff',
};

/**
 * How we stand with the network, in words; a click opens the panel.
 *
 * Properties: `connection`, `findable` (reflected: whether others can find us).
 * Actions: `openDialog`. Slots: none. Parts: `button`.
 */
@customElement('lk-connection-bar')
export class ConnectionBarElement extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      button {
        display: flex;
        align-items: center;
        gap: 8px;
        inline-size: 100%;
        min-block-size: 2.25rem;
        padding: 4px 8px;
        border: 0;
        border-radius: var(--radius-s);
        background: transparent;
        color: var(--ink-soft);
        text-align: start;
      }
      button:hover {
        background: var(--wash);
        color: var(--ink);
      }
      .connected svg {
        color: var(--well);
      }
    `,
  ];

  @property({ attribute: false }) connection: OwnConnection | undefined;
  @property({ reflect: true }) findable: OwnView['findable'] = 'notYet';

  override render(): TemplateResult | null {
    const { connection } = this;
    if (connection === undefined) return null;
    return html`<button
      part="button"
      type="button"
      class="small ${connection.type}"
      title=${strings.connection.openPanel}
      @click=${() => {
        act(this, { type: 'openDialog', dialog: { type: 'network' } });
      }}
    >
      ${icon(icons[connection.type])} ${connection.words}
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'lk-connection-bar': ConnectionBarElement;
  }
}
