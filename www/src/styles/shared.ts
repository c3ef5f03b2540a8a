/** The styles that several components share: controls, focus, fields, text for screen readers only. */
import { css } from 'lit';

export const shared = css`
  :host {
    display: block;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  h2 {
    font-size: var(--text-l);
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.01em;
  }
  h3 {
    font-size: var(--text-m);
    font-weight: 600;
  }
  .stack {
    display: grid;
    gap: 16px;
  }
  .soft {
    color: var(--ink-soft);
  }
  .small {
    font-size: var(--text-s);
    line-height: 1.45;
  }
  .mono {
    font-family: var(--mono);
  }
  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .cut {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  svg.icon {
    inline-size: 1.25em;
    block-size: 1.25em;
    flex: none;
    display: block;
  }
`;

export const controls = css`
  button,
  input,
  textarea {
    font: inherit;
    color: inherit;
    letter-spacing: inherit;
    margin: 0;
  }
  button {
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-block-size: 2.5rem;
    padding: 6px 16px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-s);
    background: transparent;
    font-weight: 500;
    text-align: center;
    text-decoration: none;
    transition: background-color var(--motion);
  }
  .button:hover {
    background: var(--wash);
  }
  .button.primary {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
  }
  .button.primary:hover {
    border-color: var(--accent-ink);
    background: var(--accent-ink);
  }
  .button.danger {
    border-color: var(--danger);
    color: var(--danger);
  }
  .button.danger:hover {
    background: var(--danger-wash);
  }
  .button.plain {
    border-color: transparent;
    color: var(--accent-ink);
  }
  .button.plain:hover {
    background: var(--accent-wash);
  }
  .button:disabled {
    opacity: 0.55;
    cursor: default;
  }
  .icon-button {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 2.5rem;
    block-size: 2.5rem;
    padding: 0;
    border: 0;
    border-radius: var(--radius-s);
    background: transparent;
    color: var(--ink-soft);
    transition: background-color var(--motion);
  }
  .icon-button:hover {
    background: var(--wash);
    color: var(--ink);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  @media (forced-colors: active) {
    .icon-button,
    .button {
      border: 1px solid ButtonText;
    }
  }
`;

export const fields = css`
  /* That of a dialog, whose buttons stand outside it. */
  #form {
    display: grid;
    gap: 12px;
  }
  .field {
    display: grid;
    gap: 4px;
  }
  .field label {
    font-size: var(--text-s);
    font-weight: 500;
  }
  .input {
    inline-size: 100%;
    min-block-size: 2.5rem;
    padding: 8px 12px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-s);
    background: var(--surface);
    color: var(--ink);
  }
  .input::placeholder {
    color: var(--ink-soft);
    opacity: 1;
  }
  .input:focus {
    outline: 2px solid var(--accent);
    outline-offset: -1px;
    border-color: transparent;
  }
  .input[aria-invalid='true'] {
    border-color: var(--danger);
  }
  .problem {
    display: flex;
    gap: 8px;
    text-align: start;
    color: var(--danger);
    font-size: var(--text-s);
    line-height: 1.45;
  }
`;
