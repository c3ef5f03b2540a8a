import { describe, expect, test } from 'vitest';

import { addressIn, dayName, groups, isSameDay, listTime, oneLine, shortAddress, span, utf8Length } from './format.ts';
import { calm, plainName } from './names.ts';

const address = 'lowkey1qyp6zpal708pp0sawrw33e6tczvk0exkxzd62r2lrhwgveqj25cmsf7ksqy';
const noon = new Date(2026, 10, 24, 12).getTime();
const hour = 3_600_000;

describe('times', () => {
  test.each([
    [noon - hour, 'Today'],
    [noon - 13 * hour, 'Yesterday'],
    [noon - 3 * 24 * hour, 'Saturday'],
    [noon - 30 * 24 * hour, 'October 25'],
    [noon - 400 * 24 * hour, 'October 20, 2025'],
    [noon + 48 * hour, 'November 26'],
  ])('%s is called %s', (ms, name) => {
    expect(dayName(ms, noon)).toBe(name);
  });

  test('a list says the clock today and the day before', () => {
    expect(listTime(noon - hour, noon)).toMatch(/11:00/);
    expect(listTime(noon - 24 * hour, noon)).toBe('Yesterday');
    expect(listTime(noon - 12 * 24 * hour, noon)).toBe('Nov 12');
  });

  test('midnight parts two days', () => {
    const midnight = new Date(2026, 10, 24).getTime();
    expect(isSameDay(midnight, midnight - 1)).toBe(false);
    expect(isSameDay(midnight, midnight + 1)).toBe(true);
  });

  test.each([
    [11 * 60_000, '11 minutes'],
    [-3 * hour, '3 hours'],
    [10 * 365 * 24 * hour, '3,650 days'],
  ])('a span of %s is %s', (ms, words) => {
    expect(span(ms)).toBe(words);
  });
});

describe('addresses', () => {
  test('are shortened to what differs', () => {
    expect(shortAddress(address)).toBe('qyp6zp…7ksqy');
    expect(shortAddress('short')).toBe('short');
  });

  test('are cut into groups that are the address again', () => {
    expect(groups(address, 5).join('')).toBe(address);
    expect(groups('', 5)).toEqual([]);
  });

  test.each([
    [address, address],
    [`  ${address}\n`, address],
    [`Talk to me on LowKey: https://chat.example.org/#i/AQog_-x`, 'https://chat.example.org/#i/AQog_-x'],
    ['#i/AQog', '#i/AQog'],
    [address.toUpperCase(), address.toUpperCase()],
    ['bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq'],
    ['lowkey1', 'lowkey1'],
    ['anna', undefined],
    ['a conversation about the sea and ships', undefined],
    ['', undefined],
  ])('in %j the address is %j', (text, found) => {
    expect(addressIn(text)).toBe(found);
  });
});

describe('text of people', () => {
  test('is measured as it travels', () => {
    expect(utf8Length('aé€😀')).toBe(10);
  });

  test('fits into one line', () => {
    expect(oneLine(' a\n\n b\tc ', 5)).toBe(' a b ');
  });

  test('keeps its accents, and not a hundred thousand of them', () => {
    expect(calm('é e\u0301 ế')).toBe('é e\u0301 ế');
    expect(calm(`Z${'\u0301'.repeat(100_000)}a`)).toBe(`Z${'\u0301'.repeat(8)}a`);
  });

  test('cannot turn the words around a name', () => {
    expect(plainName('\u202Eevil\u202C \u2067x\u2069\u0000\u200F')).toBe('evil x');
    expect(plainName('ريم الخطيب')).toBe('ريم الخطيب');
    expect(plainName('👩‍👩‍👧')).toBe('👩‍👩‍👧');
  });
});
