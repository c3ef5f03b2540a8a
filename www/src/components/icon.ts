/** The icons in use, from Lucide (ISC licence), drawn in the colour of the text and hidden from screen readers. */
import { html, type TemplateResult } from 'lit';
import { icon as archive } from 'lucide:archive';
import { icon as arrowLeft } from 'lucide:arrow-left';
import { icon as arrowUp } from 'lucide:arrow-up';
import { icon as ban } from 'lucide:ban';
import { icon as check } from 'lucide:check';
import { icon as checkCheck } from 'lucide:check-check';
import { icon as chevronRight } from 'lucide:chevron-right';
import { icon as circleAlert } from 'lucide:circle-alert';
import { icon as circleDashed } from 'lucide:circle-dashed';
import { icon as circleStop } from 'lucide:circle-stop';
import { icon as clock } from 'lucide:clock';
import { icon as cloudOff } from 'lucide:cloud-off';
import { icon as copy } from 'lucide:copy';
import { icon as eye } from 'lucide:eye';
import { icon as eyeOff } from 'lucide:eye-off';
import { icon as fileDown } from 'lucide:file-down';
import { icon as fileUp } from 'lucide:file-up';
import { icon as hardDrive } from 'lucide:hard-drive';
import { icon as inbox } from 'lucide:inbox';
import { icon as info } from 'lucide:info';
import { icon as key } from 'lucide:key-round';
import { icon as lock } from 'lucide:lock';
import { icon as pencil } from 'lucide:pencil';
import { icon as qrCode } from 'lucide:qr-code';
import { icon as refresh } from 'lucide:refresh-cw';
import { icon as search } from 'lucide:search';
import { icon as settings } from 'lucide:settings-2';
import { icon as share } from 'lucide:share';
import { icon as trash } from 'lucide:trash-2';
import { icon as unplug } from 'lucide:unplug';
import { icon as userPlus } from 'lucide:user-plus';
import { icon as waypoints } from 'lucide:waypoints';
import { icon as x } from 'lucide:x';

const shapes = {
  archive,
  arrowLeft,
  arrowUp,
  ban,
  check,
  checkCheck,
  chevronRight,
  circleAlert,
  circleDashed,
  circleStop,
  clock,
  cloudOff,
  copy,
  eye,
  eyeOff,
  fileDown,
  fileUp,
  hardDrive,
  inbox,
  info,
  key,
  lock,
  pencil,
  qrCode,
  refresh,
  search,
  settings,
  share,
  trash,
  unplug,
  userPlus,
  waypoints,
  x,
};

export type IconName = keyof typeof shapes;

/** Returns an icon as a template. */
export function icon(name: IconName): TemplateResult {
  return html`<svg
    class="icon"
    aria-hidden="true"
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
  >
    ${shapes[name]}
  </svg>`;
}
