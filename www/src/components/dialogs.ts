/** Which component shows which dialog. A file of its own in the build: the first screen does not wait for it. */
import { html, nothing, type TemplateResult } from 'lit';

import { blocked, nameFor, networkReport, ownConnection } from '../people.ts';
import { topDialog, type Dialog, type State } from '../store.ts';
import { strings } from '../strings.ts';
import './about-dialog.ts';
import './add-dialog.ts';
import './blocked-dialog.ts';
import './confirm-dialog.ts';
import './details-dialog.ts';
import './message-dialog.ts';
import './my-address.ts';
import './network-dialog.ts';
import './phrase-dialogs.ts';
import './rename-dialog.ts';
import './settings-dialog.ts';

/** Returns the dialog on the screen; `code` names the script that runs. */
export function dialogOf(state: State, code: string): TemplateResult | typeof nothing {
  const dialog = topDialog(state);
  return dialog === undefined ? nothing : show(state, dialog, state.dialogs.length > 1, code);
}

function show(state: State, dialog: Dialog, deep: boolean, code: string): TemplateResult {
  const { own, patterns, contacts } = state;
  switch (dialog.type) {
    case 'myAddress':
      return html`<lk-my-address
        .own=${own}
        .pattern=${patterns.get(own?.address ?? '')}
        .link=${state.link}
        .problem=${dialog.problem}
        .deep=${deep}
      ></lk-my-address>`;
    case 'add':
      return html`<lk-add-dialog
        .text=${dialog.text}
        .parsed=${dialog.parsed}
        .pattern=${patterns.get(dialog.parsed.address)}
        .known=${contacts.get(dialog.parsed.address)}
        .problem=${dialog.problem}
        .deep=${deep}
      ></lk-add-dialog>`;
    case 'badInvite':
      return html`<lk-message-dialog
        .heading=${strings.add.badTitle}
        .text=${strings.problems[dialog.problem]}
      ></lk-message-dialog>`;
    case 'details':
      return html`<lk-details-dialog
        .contact=${contacts.get(dialog.contact)}
        .pattern=${patterns.get(dialog.contact)}
        .safetyNumber=${dialog.safetyNumber}
        .hidesFromAll=${own?.hidesAddress ?? false}
        .deep=${deep}
      ></lk-details-dialog>`;
    case 'rename':
      return html`<lk-rename-dialog
        .contact=${contacts.get(dialog.contact)}
        .problem=${dialog.problem}
        .deep=${deep}
      ></lk-rename-dialog>`;
    case 'confirm':
      return html`<lk-confirm-dialog
        .what=${dialog.what}
        .contact=${dialog.contact}
        .name=${nameFor(state, dialog.contact)}
      ></lk-confirm-dialog>`;
    case 'settings':
      return html`<lk-settings-dialog
        .presence=${own?.presence ?? 'visible'}
        .hidesAddress=${own?.hidesAddress ?? false}
        .connection=${ownConnection(state.network).words}
        .blocked=${blocked(state).length}
        .deep=${deep}
      ></lk-settings-dialog>`;
    case 'phraseShow':
      return html`<lk-phrase-show-dialog .words=${dialog.words} .deep=${deep}></lk-phrase-show-dialog>`;
    case 'phraseRestore':
      return html`<lk-phrase-restore-dialog
        .busy=${dialog.busy === true}
        .problem=${dialog.problem}
        .loses=${contacts.size > 0}
        .deep=${deep}
      ></lk-phrase-restore-dialog>`;
    case 'blocked':
      return html`<lk-blocked-dialog
        .rows=${blocked(state)}
        .patterns=${patterns}
        .deep=${deep}
      ></lk-blocked-dialog>`;
    case 'network':
      return html`<lk-network-dialog
        .network=${state.network}
        .own=${own}
        .report=${networkReport(state, navigator.userAgent)}
        .deep=${deep}
      ></lk-network-dialog>`;
    case 'about':
      return html`<lk-about-dialog .code=${code} .deep=${deep}></lk-about-dialog>`;
    default:
      return dialog satisfies never;
  }
}
