/** The style of one row of a list that is a button: a pattern, a name, a time, and a second line. */
import { css } from 'lit';

export const row = css`
  button {
    display: grid;
    grid-template-columns: auto 1fr auto;
    align-items: center;
    column-gap: 12px;
    inline-size: 100%;
    min-block-size: 4rem;
    padding: 8px;
    border: 0;
    border-radius: var(--radius);
    background: transparent;
    text-align: start;
    contain: content;
    transition: background-color var(--motion);
  }
  button:hover {
    background: var(--wash);
  }
  lk-key-pattern {
    grid-area: pattern;
  }
  .name {
    grid-area: name;
    display: flex;
    min-inline-size: 0;
    font-weight: 500;
  }
  .time {
    grid-area: time;
  }
`;
