/** What a bare page is asked for and has been told, in words; each waits until it is so. */
import type { Kept, Tab } from './bare.ts';

/** Waits until the last that a side sent has arrived. */
export async function isDelivered(tab: Tab, contact: string): Promise<void> {
  await tab.until(async (contact) => {
    const { peer } = Reflect.get(window, 'kept') as Kept;
    const last = await peer.history(contact, undefined, 20);
    return last.every(({ author, state }) => author === 'them' || state === 'delivered');
  }, contact);
}

/** Waits until the other side has said that the conversation ended. */
export async function hasEnded(tab: Tab, contact: string): Promise<void> {
  await tab.until(
    (contact) => (Reflect.get(window, 'kept') as Kept).contacts.get(contact)?.ended !== undefined,
    contact,
  );
}

/** Waits until the page knows somebody: as a contact, or as one who asks. */
export async function knows(tab: Tab, address: string): Promise<void> {
  await tab.until((address) => (Reflect.get(window, 'kept') as Kept).contacts.has(address), address);
}

/** Waits for something elsewhere, as long as this tab is there. */
export function whileOpen(tab: Tab, waiting: Promise<void>): Promise<void> {
  const closed = new Promise<never>((_, reject) => {
    tab.page.once('close', () => {
      reject(new Error('the page is gone'));
    });
  });
  return Promise.race([waiting, closed]);
}

/** Returns what somebody is to the page, if anything. */
export function standing(tab: Tab, address: string): Promise<string | undefined> {
  return tab.page.evaluate((address) => (Reflect.get(window, 'kept') as Kept).contacts.get(address)?.standing, address);
}

/** Has the page do something about a contact, as a person asks for it. */
export function asks(tab: Tab, what: 'endConversation' | 'acceptRequest' | 'deleteHistory' | 'remove', contact: string): Promise<void> {
  return tab.page.evaluate(
    (what, contact) => {
      const { peer } = Reflect.get(window, 'kept') as Kept;
      return what === 'endConversation' ? peer.endConversation(contact, false) : peer[what](contact);
    },
    what,
    contact,
  );
}
