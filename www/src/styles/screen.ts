/** The styles of what takes the whole page: one box in the middle, a mark above it. */
import { css } from 'lit';

export const screen = css`
  :host {
    block-size: 100%;
  }
  .box {
    display: grid;
    justify-items: center;
    align-content: center;
    gap: 16px;
    min-block-size: 100%;
    padding: 32px 24px;
    text-align: center;
  }
  .box > div {
    max-inline-size: 28rem;
  }
  h2:focus {
    outline: none;
  }
  h2 + p,
  p + p {
    margin-block-start: 8px;
  }
  .mark {
    display: grid;
    place-items: center;
    inline-size: 3rem;
    block-size: 3rem;
    border-radius: 22%;
    background: var(--wash);
    color: var(--ink-soft);
  }
  .steps {
    display: grid;
    gap: 8px;
    inline-size: min(16rem, 100%);
  }
`;
