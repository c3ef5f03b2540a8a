/** A problem as one line under what it concerns: icon and words, read out when it appears. */
import { html, nothing, type TemplateResult } from 'lit';

import type { Problem } from '../problem.ts';
import { strings } from '../strings.ts';
import { icon } from './icon.ts';

/** Returns the line, or an empty alert that will hold it: an alert must be there before its words. */
export function problemLine(problem: Problem | undefined, id = 'problem'): TemplateResult {
  return html`<div id=${id} role="alert">
    ${problem === undefined
      ? nothing
      : html`<p class="problem">${icon('circleAlert')} ${strings.problems[problem]}</p>`}
  </div>`;
}
