/** Which component shows which dialog. A file of its own in the build: the first screen does not wait for it. */
import { html, nothing, type TemplateResult } from 'lit';

import { blocked, nameFor, networkReport, ownConnection, undelivered } from '../people.ts';
import { topDialog, type Dialog, type State } from '../store.ts';
import { strings } from '../strings.ts';
import './about-dialog.ts';
import './add-dialog.ts';
import './backup-dialog.ts';
import './begin-anew-dialog.ts';
import './blocked-dialog.ts';
import './confirm-dialog.ts';
import './details-dialog.ts';
import './end-dialog.ts';
import './lock-dialogs.ts';
import './message-dialog.ts';
import './my-address.ts';
import './network-dialog.ts';
import './phrase-check-dialog.ts';
import './phrase-dialogs.ts';
import './rename-dialog.ts';
import './settings-dialog.ts';
import './storage-dialog.ts';

/** Returns the dialog on the screen; `code` names the script that runs. */
export function dialogOf(state: State, code: string): TemplateResult | typeof nothing {
  const dialog = topDialog(state);
  return dialog === undefined ? nothing : show(state, dialog, state.dialogs.length > 1, code);
}

function show(state: State, dialog: Dialog, deep: boolean, code: string): TemplateResult {
  const { own, patterns, contacts, storage } = state;
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
        .storage=${storage}
        .deep=${deep}
      ></lk-settings-dialog>`;
    case 'phraseShow':
      return html`<lk-phrase-show-dialog
        .words=${dialog.words}
        .problem=${dialog.problem}
        .deep=${deep}
      ></lk-phrase-show-dialog>`;
    case 'phraseRestore':
      return html`<lk-phrase-restore-dialog
        .busy=${dialog.busy === true}
        .problem=${dialog.problem}
        .loses=${own === undefined ? undefined : contacts.size}
        .kept=${storage?.kept ?? true}
        .deep=${deep}
      ></lk-phrase-restore-dialog>`;
    case 'phraseCheck':
      return html`<lk-phrase-check-dialog .asked=${dialog.asked} .problem=${dialog.problem}></lk-phrase-check-dialog>`;
    case 'beginAnew':
      return html`<lk-begin-anew-dialog .busy=${dialog.busy === true} .problem=${dialog.problem}></lk-begin-anew-dialog>`;
    case 'endConversation':
      return html`<lk-end-dialog
        .contact=${dialog.contact}
        .name=${nameFor(state, dialog.contact)}
        .unsent=${undelivered(state, dialog.contact)}
        .busy=${dialog.busy === true}
      ></lk-end-dialog>`;
    case 'storage':
      return html`<lk-storage-dialog
        .storage=${storage}
        .answer=${dialog.answer}
        .deep=${deep}
      ></lk-storage-dialog>`;
    case 'lock':
      return html`<lk-lock-dialog
        .kept=${storage?.kept ?? false}
        .locks=${storage?.locks ?? false}
        .deep=${deep}
      ></lk-lock-dialog>`;
    case 'lockSet':
      return html`<lk-lock-set-dialog
        .way=${dialog.way}
        .busy=${dialog.busy === true}
        .problem=${dialog.problem}
        .deep=${deep}
      ></lk-lock-set-dialog>`;
    case 'backup':
      return html`<lk-backup-dialog
        .step=${dialog.step}
        .restored=${dialog.restored === true}
        .deep=${deep}
      ></lk-backup-dialog>`;
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
        .storage=${storage}
        .report=${networkReport(state, navigator.userAgent)}
        .deep=${deep}
      ></lk-network-dialog>`;
    case 'about':
      return html`<lk-about-dialog .code=${code} .kept=${storage?.kept ?? true} .deep=${deep}></lk-about-dialog>`;
    default:
      return dialog satisfies never;
  }
}
