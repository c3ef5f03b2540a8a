/** The styles of the log of messages. */
import { css } from 'lit';

export const log = css`
  :host {
    position: relative;
    flex: 1;
    min-block-size: 0;
  }
  .log {
    block-size: 100%;
    overflow: auto;
    overscroll-behavior: contain;
    /* The log keeps its place by itself, as not every browser does. */
    overflow-anchor: none;
    outline-offset: -2px;
  }
  .content {
    display: flex;
    flex-direction: column;
    justify-content: flex-end;
    min-block-size: 100%;
    max-inline-size: 56rem;
    margin-inline: auto;
    padding: 16px;
  }
  .day,
  .gap,
  .empty,
  .older {
    align-self: center;
    text-align: center;
  }
  .day {
    margin-block: 16px 12px;
    padding: 2px 12px;
    border: 1px solid var(--line);
    border-radius: 1rem;
    color: var(--ink-soft);
    font-weight: 500;
  }
  .gap {
    display: flex;
    align-items: center;
    gap: 8px;
    margin-block: 8px;
    color: var(--warning);
  }
  .empty {
    max-inline-size: 24rem;
    margin-block: auto;
  }
  lk-message {
    margin-block-start: 4px;
  }
  /* The bubble has the ring. */
  lk-message:focus-visible {
    outline: none;
  }
  lk-message.first {
    margin-block-start: 12px;
  }
  .jump {
    position: absolute;
    inset-block-end: 12px;
    inset-inline-end: 16px;
    background: var(--surface);
    border-radius: 2rem;
  }
  .jump svg {
    rotate: 180deg;
  }
`;
