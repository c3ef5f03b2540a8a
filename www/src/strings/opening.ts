/** What the whole page says before a conversation can be shown, or when none can be shown any more. */
export const opening = {
  starting: { title: 'Starting…', text: 'Nothing to fill in.' },
  making: { title: 'Making your key…', text: 'This takes a moment. Nothing to fill in.' },
  opening: { title: 'Opening…', text: 'Your contacts and messages are being read.' },

  locked: {
    title: 'LowKey is locked',
    text: 'Enter your passphrase to open what is kept in this browser.',
    passphrase: 'Passphrase',
    show: 'Show the passphrase',
    open: 'Open',
    opening: 'Opening…',
    openingHint: 'This takes a second or two on purpose: it makes guessing slow.',
    forgotten: 'Forgot it?',
    forgottenText:
      'Nobody can reset it. Your 12 words bring your key back, but what is kept in this browser is deleted then. A backup file brings contacts and messages back.',
    now: 'LowKey is locked now.',
  },

  lost: {
    gone: {
      title: 'Your identity is no longer in this browser',
      texts: [
        'The browser has removed what LowKey kept here. That happens when site data is cleared, by you, by a setting, or because space ran short.',
        'Your 12 words bring your key back. A backup file brings contacts and messages back.',
      ],
    },
    damaged: {
      title: 'What is kept here cannot be read',
      texts: [
        'LowKey found its data in this browser, but cannot read it. Nothing has been changed. Reload first: sometimes that is enough.',
        'If it stays so: your 12 words bring your key back, and a backup file your contacts and messages. What cannot be read is deleted then.',
      ],
    },
    newer: {
      title: 'A newer LowKey wrote this',
      texts: [
        'What is kept in this browser was written by a newer version than this page. Nothing has been changed.',
        'Reload to get the newer version, or open the node where you used it last.',
      ],
    },
  },
  words: 'I have 12 words',
  anew: 'Begin anew',

  beginAnew: {
    title: 'Begin with a new identity?',
    text: 'You get a new key and a new address. People who have the old address do not reach you, and you are a stranger to them.',
    deletes: 'What is still kept in this browser is deleted.',
    action: 'Begin anew',
    working: 'Beginning anew…',
    done: 'Your new identity is ready',
  },

  replaced: {
    title: 'Another identity is in use now',
    text: 'In another tab the identity of this browser was replaced. What this tab showed is no longer kept.',
    action: 'Open the new one here',
  },

  stopped: {
    closed: 'LowKey has stopped in this tab. Nothing is sent or received here until you reload; what was saved is still there.',
    closedInMemory:
      'LowKey has stopped in this tab. Copy what you need, then reload: a reload begins a new identity, and your 12 words bring this one back.',
    outdated: 'A newer LowKey is open in another tab. Reload to go on here.',
  },
};
