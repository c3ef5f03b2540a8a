import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { requests } from '../people.ts';
import { conversationOf, startState, type State, type View } from '../store.ts';
import { follow, makeStore, type Store } from '../store/live.ts';
import { strings } from '../strings.ts';
import { shared } from '../styles/shared.ts';
import type { ChatElement } from './chat.ts';
import type * as Dialogs from './dialogs.ts';
import type { RequestsElement } from './requests.ts';
import type { SidebarElement } from './sidebar.ts';
import './chat.ts';
import './lock-screen.ts';
import './lost-screen.ts';
import './notices.ts';
import './requests.ts';
import './sidebar.ts';
import './start-screen.ts';
import './welcome.ts';

/**
 * The whole page: list and conversation side by side, or one at a time on narrow screens; dialogs; the live region.
 * It also moves the focus when what is shown changes.
 *
 * Properties: `store`.
 * Events: `action`, from every component inside. Slots: none. Parts: none.
 */
@customElement('lowkey-app')
export class AppElement extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        block-size: 100vh;
        block-size: 100dvh;
        overflow: hidden;
      }
      .panes {
        flex: 1;
        min-block-size: 0;
        display: grid;
        grid-template-columns: minmax(19rem, 24rem) minmax(0, 1fr);
      }
      nav {
        min-block-size: 0;
        min-inline-size: 0;
        border-inline-end: 1px solid var(--line);
      }
      .pane {
        min-block-size: 0;
        min-inline-size: 0;
      }
      .whole {
        flex: 1;
        min-block-size: 0;
        overflow: auto;
      }
      .middle {
        display: grid;
        place-items: center;
        block-size: 100%;
        padding: 16px;
        overflow: auto;
        text-align: center;
      }
      @media (max-width: 47.99em) {
        .panes {
          grid-template-columns: minmax(0, 1fr);
        }
        nav {
          border: 0;
        }
        .at-list .pane,
        .deep nav {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) store: Store = makeStore(startState(0));
  @query('lk-sidebar') sidebar!: SidebarElement | null;
  @query('lk-chat') chat!: ChatElement | null;
  @query('lk-requests') requests!: RequestsElement | null;
  #dialogs: typeof Dialogs | undefined;
  #before: State | undefined;
  /** What had the focus when the first dialog opened. */
  #opener: HTMLElement | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.addController(follow(this, this.store));
    void this.#loadDialogs();
  }

  override willUpdate(): void {
    const isOpening = this.store.state.dialogs.length > 0 && (this.#before?.dialogs.length ?? 0) === 0;
    if (isOpening) this.#opener = deepActive();
  }

  override updated(): void {
    const before = this.#before;
    const now = this.store.state;
    this.#before = now;
    if (before === undefined || before === now) return;
    void this.#moveFocus(before, now);
  }

  override render(): TemplateResult {
    const { state } = this.store;
    return html`
      <header class="unseen"><h1>${strings.product}</h1></header>
      <section aria-label=${strings.notices.label}>
        <lk-notices .state=${state}></lk-notices>
      </section>
      ${this.#main(state)}
      ${this.#dialogs?.dialogOf(state, runningCode)}
      <p class="unseen" role="status" aria-live="polite">${spoken(state)}</p>
    `;
  }

  #main(state: State): TemplateResult {
    const { phase } = state;
    switch (phase.type) {
      case 'ready':
      case 'stopped':
        return this.#panes(state);
      case 'locked':
        return html`<main class="whole">
          <lk-lock-screen .busy=${phase.busy} .problem=${phase.problem}></lk-lock-screen>
        </main>`;
      case 'lost':
        return html`<main class="whole"><lk-lost-screen .what=${phase.what}></lk-lost-screen></main>`;
      case 'replaced':
        return html`<main class="whole"><lk-lost-screen .what=${'replaced'}></lk-lost-screen></main>`;
      case 'starting':
      case 'failed':
      case 'unsupported':
        return html`<main class="whole"><lk-start-screen .phase=${phase}></lk-start-screen></main>`;
      default:
        return phase satisfies never;
    }
  }

  #panes(state: State): TemplateResult {
    return html`<main
      class="panes ${state.view.type === 'list' ? 'at-list' : 'deep'}"
      @paste-wanted=${this.#toField}
    >
      <nav aria-label=${strings.sidebar.label}>
        <lk-sidebar .state=${state}></lk-sidebar>
      </nav>
      <div class="pane">${this.#pane(state)}</div>
    </main>`;
  }

  #pane(state: State): TemplateResult | typeof nothing {
    const { view, contacts, patterns, own, nowMs } = state;
    switch (view.type) {
      case 'chat':
        return html`<lk-chat
          .contact=${contacts.get(view.contact)}
          .pattern=${patterns.get(view.contact)}
          .conversation=${conversationOf(state, view.contact)}
          .nowMs=${nowMs}
          .stopped=${state.phase.type === 'stopped'}
        ></lk-chat>`;
      case 'requests':
        return html`<lk-requests .rows=${requests(state)} .patterns=${patterns} .nowMs=${nowMs}></lk-requests>`;
      case 'list':
        if (own === undefined) return nothing;
        return html`<div class="middle">
          ${contacts.size === 0
            ? html`<lk-welcome .pattern=${patterns.get(own.address)}></lk-welcome>`
            : html`<p class="soft">${strings.welcome.choose}</p>`}
        </div>`;
      default:
        return view satisfies never;
    }
  }

  /** Asked for at once, not at the first click: by then the relay may be gone. */
  async #loadDialogs(): Promise<void> {
    this.#dialogs = await import('./dialogs.ts');
    this.requestUpdate();
  }

  #toField(): void {
    this.sidebar?.focusField();
  }

  /** Leads the keyboard to what has just appeared, and back to where it was. */
  async #moveFocus(before: State, now: State): Promise<void> {
    if (now.dialogs.length > 0) return;
    if (before.phase.type === 'locked' && now.phase.type === 'ready') {
      // What had the focus is gone with the screen it stood on.
      await this.updateComplete;
      await this.sidebar?.updateComplete;
      if (!matchMedia('(pointer: coarse)').matches) this.sidebar?.focusField();
      return;
    }
    const isNewView = key(before.view) !== key(now.view);
    if (!isNewView) {
      if (before.dialogs.length > 0 && this.#opener?.isConnected === true) this.#opener.focus();
      return;
    }
    await this.updateComplete;
    await Promise.all([this.chat?.updateComplete, this.requests?.updateComplete]);
    // Whoever jumped to a message is led there by the log.
    const isJump = now.view.type === 'chat' && conversationOf(now, now.view.contact).target !== undefined;
    if (isJump) return;
    if (now.view.type === 'chat') this.chat?.focus();
    else if (now.view.type === 'requests') this.requests?.focus();
    else if (before.view.type === 'chat') this.sidebar?.focusRow(before.view.contact);
  }
}

/** The file name of the script that runs; the build puts a hash of its content, and of all it loads, in it. */
const runningCode = new URL(import.meta.url).pathname.split('/').at(-1) ?? '';

function key(view: View): string {
  return view.type === 'chat' ? view.contact : view.type;
}

/** A zero-width mark on every second announcement makes the same words count as a change. */
function spoken({ announcement: { text, serial } }: State): string {
  return serial % 2 === 0 ? text : `${text}\u200b`;
}

/** Returns the focused element, through all shadow roots. */
function deepActive(): HTMLElement | undefined {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement != null) active = active.shadowRoot.activeElement;
  return active instanceof HTMLElement ? active : undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    'lowkey-app': AppElement;
  }
}
