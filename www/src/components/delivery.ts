/** A delivery state as icon and words. */
import { html, type TemplateResult } from 'lit';

import type { DeliveryState } from '../api.ts';
import { strings } from '../strings.ts';
import { icon, type IconName } from './icon.ts';

const icons: Record<DeliveryState, IconName> = {
  waiting: 'clock',
  sending: 'arrowUp',
  sentAwaitingAnswer: 'check',
  delivered: 'checkCheck',
  notSent: 'circleAlert',
};

/** Returns the icon with its words: on the screen, or for screen readers only. */
export function delivery(state: DeliveryState, words: 'shown' | 'unseen'): TemplateResult {
  const text = strings.delivery[state];
  return html`<span class="delivery ${state}" title=${strings.deliveryMeaning[state]}>
    ${icon(icons[state])}${words === 'shown' ? text : html`<span class="unseen">${text}</span>`}
  </span>`;
}
