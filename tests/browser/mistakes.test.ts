/** What people get wrong, and what the network lacks: each time a sentence that says what to do. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { strings } from '../../www/src/strings.ts';
import { BROWSERS } from './browsers.ts';
import { Person } from './person.ts';
import { Relay } from './relay.ts';

/** The address of the golden vectors, which is nobody's here. */
const SOMEBODY = 'lowkey1qyp6zpal708pp0sawrw33e6tczvk0exkxzd62r2lrhwgveqj25cmsf7ksqy';

describe.each(BROWSERS)('in %s', (kind) => {
  let relay: Relay;
  let ann: Person;
  let own: string;

  beforeAll(async () => {
    relay = await Relay.start();
    ann = await Person.at(relay, kind);
    own = await ann.address();
  });

  afterAll(async () => {
    await ann?.leave();
    await relay?.end();
  });

  describe('the one field', () => {
    beforeEach(() => ann.types(''));

    test.each([
      ['a wrong character', SOMEBODY.replace('zpal', 'zbal'), strings.problems.addressCharacter],
      ['a mixture of cases', SOMEBODY.replace('zpal', 'zPal'), strings.problems.addressMixedCase],
      ['a lost end', SOMEBODY.slice(0, -4), strings.problems.addressLength],
      ['an address of Bitcoin', 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', strings.problems.addressOtherKind],
      [
        'a key of Nostr',
        'npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg',
        strings.problems.addressOtherKind,
      ],
      ['a peer id', '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA', strings.problems.addressOtherKind],
      ['a damaged link', 'https://chat.example/#i/AQogA6EHv_POEL4dcN0Y', strings.problems.inviteMalformed],
    ])('%s is named, and what to do is said', async (_, text, problem) => {
      await ann.types(text);
      await ann.sees(problem);
    });

    test('my own address is refused as my own', async () => {
      await ann.types(own);
      await ann.sees(strings.problems.ownAddress);
    });

    test('blanks around an address do not matter', async () => {
      await ann.types(`  ${SOMEBODY}\n`);
      await ann.page.waitForSelector('>>> lk-search-field >>> .found');
    });
  });

  test('an invite in the address bar is gone from it at once, and must be confirmed', async () => {
    const guest = await Person.at(relay, kind, '/#i/AQogA6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbgyA0FkYQvAhcA');
    try {
      expect(guest.page.url()).toBe(`${relay.origin}/`);
      await guest.sees(strings.add.title);
      await guest.page.locator('>>> lk-add-dialog >>> button.primary').click();
      await guest.page.waitForSelector('>>> lk-composer');
      await guest.writes('Are you there?');
      await guest.mineAre('waiting');
    } finally {
      await guest.leave();
    }
  });

  test('twelve words bring the key to another browser', async () => {
    const words = await ann.words();
    expect(words.split(' ')).toHaveLength(12);
    const other = await Person.at(relay, kind);
    try {
      await other.restores(words.replace(/^\S+/, 'wrongword'));
      await other.sees(strings.problems.phraseUnknownWord);
      await other.restores(words.split(' ').slice(1).join(' '));
      await other.sees(strings.problems.phraseWordCount);
      await other.restores(words);
      await other.page.waitForSelector('>>> lk-phrase-restore-dialog', { hidden: true });
      await other.sees(strings.backup.restored);
      await other.press(strings.close);
      expect(await other.address()).toBe(own);
    } finally {
      await other.leave();
    }
  });

  test('without its relay the page says that it looks for one, and finds it again by itself', async () => {
    const alone = await Relay.start();
    const person = await Person.at(alone, kind);
    try {
      await person.sees(strings.connection.connected(1));
      await alone.kill();
      await person.sees(strings.connection.looking);
      await alone.restart();
      await person.sees(strings.connection.connected(1));
    } finally {
      await person.leave();
      await alone.end();
    }
  });

  test('nothing of all that made the page complain', () => {
    expect(ann.browser.complaints).toEqual([]);
  });
});
