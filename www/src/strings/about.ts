/** What the page promises and what it cannot. */
export const about = {
  title: 'About LowKey',
  lead: 'Open a link, and talk to a key. No account, no server that knows you, nothing to install.',
  does: 'What it does',
  doesPoints: [
    'Messages are encrypted on your device for one other key. Nodes pass them on and cannot read them.',
    'Keys change with each reply, so a key stolen later does not open what was sent before.',
    'Strangers wait in Requests. Nothing goes back to them until you accept.',
  ],
  doesNot: 'What it does not',
  doesNotPoints: [
    'Whoever serves this page can change it, and a changed page can read everything. Open it from a node you trust.',
    'No messages arrive while the page is closed. Both of you must be here at the same time.',
    'Nodes see your IP address and when you are here. People who have your address can see when you are here, unless you hide.',
    'Deleted messages lose their keys, but browsers give no way to erase a disk or memory for certain.',
    'Nobody from outside has audited it yet.',
  ],
  keptPoint:
    'What you write is kept in this browser, encrypted. Whoever can use this browser can open it, unless you set a passphrase. If the browser clears it, 12 words bring back your key, and only a backup file the rest.',
  memoryPoint:
    'This browser lets the page store nothing here. When you close it, contacts and messages are gone; 12 words bring back only your key.',
  version: 'Version',
  code: 'Running code',
  licence: 'Free software, MIT or Apache-2.0. Icons by Lucide (ISC).',
};
