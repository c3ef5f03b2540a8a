/** A page that is killed at each named moment of what it does: nothing is lost or doubled, and no key is used twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Company } from './company.ts';
import { KeyLog, moments } from './crashing.ts';

/** Moments of what people ask for now and then, beside those that every talk comes to. */
const RARE = ['delete.before-persist', 'delete.after-persist', 'delete.before-reply', 'delete.after-reply'];

/** A pattern of moments, to try these alone. */
const ONLY = new RegExp(process.env['LOWKEY_MOMENTS'] ?? '');

/** Lives in which a moment may be missed: what happens depends on who is faster. */
const ATTEMPTS = 8;

/** What a page comes to while it begins. */
const EARLY = ['start', 'addresses', 'look-up', 'link'];

/** What happens where sessions begin: between new people, and after an end. No two people may begin many an hour. */
const BEGINNINGS = ['end', 'greeting', 'handshake'];

// Firefox's protocol cannot crash a page.
describe('a page that is killed in chromium', () => {
  const keys = new KeyLog();
  let company: Company;

  beforeAll(async () => {
    company = await Company.meet(keys);
  });

  afterAll(async () => {
    await company?.end();
  });

  test('at every one of the moments', { timeout: 900_000 }, async () => {
    const names = await moments(company.mortal.tab);
    expect(names.length).toBeGreaterThanOrEqual(50);
    const tried = [...names, ...RARE].filter((name) => ONLY.test(name));
    const missed: string[] = [];
    const began = Date.now();
    for (const name of tried) {
      let died = false;
      for (let attempt = 0; attempt < ATTEMPTS && !died; attempt += 1) died = await livesThrough(company, name, attempt);
      if (!died) missed.push(name);
      await company.talk();
      await company.agree();
    }
    expect(missed, 'never reached').toEqual([]);
    const { certain, uncertain } = company.oracle;
    console.log(
      `killed at ${tried.length} moments in ${Date.now() - began} ms: ${certain.length} texts taken, ` +
        `${uncertain.size} under way in a page that was killed; none lost, none twice, all in order`,
    );
  });

  test('no key was used twice with the same nonce', () => {
    console.log(`${keys.size} pairs of key and nonce`);
    expect(keys.size).toBeGreaterThan(company.oracle.certain.length);
    expect(keys.repeated).toEqual([]);
  });

  test('no page complained', () => {
    expect(company.complaints).toEqual([]);
  });
});

/** Has the page live through what brings it to a moment; returns whether it died there. */
async function livesThrough(company: Company, moment: string, attempt: number): Promise<boolean> {
  const { mortal } = company;
  const [cause = ''] = moment.split('.');
  const talk = company.talk.bind(company);
  const isKnown = async (tab = mortal.tab): Promise<void> => {
    await talk(tab);
    await tab.isFindable();
  };
  if (cause === 'add') return company.ghost(moment);
  if (cause === 'accept') return company.guest(moment, 'they');
  if (cause === 'delete') return company.guest(moment, 'they', 'deleteHistory');
  if (/^start.*persist$/.test(moment)) return company.newcomer(moment);
  if (EARLY.includes(cause) && attempt === 0) return mortal.diesEarly(moment, talk);
  if (cause === 'look-up' && !moment.endsWith('publish') && attempt === 1) return company.guest(moment, 'we');
  if (moment.endsWith('publish') && attempt % 2 === 0) {
    // What it publishes, it publishes after the first talk. That waits for a look-up and for a stamp, and the one that
    // comes last is where it happens.
    return mortal.diesEarly(`stamp${moment.slice(cause.length)}`, isKnown);
  }
  if (['look-up', 'published'].includes(cause)) return mortal.diesEarly(moment, isKnown);
  const begins = BEGINNINGS.includes(cause);
  const more = begins ? 'end' : undefined;
  const ways: (() => Promise<boolean>)[] = [
    () => mortal.dies(moment, talk),
    () => company.guest(moment, 'they', more),
    () => company.guest(moment, 'we', more),
    () => mortal.diesEarly(moment, talk),
  ];
  return (await ways[(attempt + (begins ? 1 : 0)) % ways.length]?.()) ?? false;
}
