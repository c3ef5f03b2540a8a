/** What a browser keeps of a page in IndexedDB, as plain data: to be compared, searched, and put into another browser. */
import type { Page } from 'puppeteer-core';

/** The name of the product's database. */
const NAME = 'lowkey';

/** The entry of `localStorage` that says that an identity is or was here. */
const MARK = 'lowkey:identity';

/** A value of a row. Keys come as buffers, values as arrays; a key of WebCrypto is described, since it cannot be read. */
export type Value =
  | string
  | number
  | { readonly buffer: string }
  | { readonly bytes: string }
  | { readonly cryptoKey: { readonly extractable: boolean; readonly algorithm: string; readonly usages: readonly string[] } }
  | { readonly fields: Readonly<Record<string, Value>> };

/** A database: its format, and the rows of each object store in order of their keys. */
export interface Kept {
  readonly format: number;
  readonly stores: Readonly<Record<string, readonly (readonly [Value, Value])[]>>;
}

/** Reads all that the page's origin keeps; undefined if there is no database. */
export function take(page: Page): Promise<Kept | undefined> {
  return page.evaluate(async (name) => {
    const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
    const told = (value: unknown): Value => {
      if (typeof value === 'string' || typeof value === 'number') return value;
      if (value instanceof ArrayBuffer) return { buffer: base64(new Uint8Array(value)) };
      if (value instanceof Uint8Array) return { bytes: base64(value) };
      if (value instanceof CryptoKey) {
        return { cryptoKey: { extractable: value.extractable, algorithm: value.algorithm.name, usages: value.usages } };
      }
      if (typeof value !== 'object' || value === null) throw new Error(`a value of the type ${typeof value}`);
      return { fields: Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, told(inner)])) };
    };
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => {
          resolve(request.result);
        };
        request.onerror = () => {
          reject(request.error ?? new Error('no error'));
        };
      });
    // To open what is not there would make it.
    if (!(await indexedDB.databases()).some((one) => one.name === name)) return undefined;
    const database = await done(indexedDB.open(name));
    const stores: Record<string, [Value, Value][]> = {};
    for (const store of database.objectStoreNames) {
      const reading = database.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([done(reading.getAllKeys()), done(reading.getAll())]);
      stores[store] = keys.map((key, at) => [told(key), told(values[at])]);
    }
    const format = database.version;
    database.close();
    return { format, stores };
  }, NAME);
}

/** Puts a database where none is, as it was taken, with the mark beside it. */
export async function put(page: Page, kept: Kept): Promise<void> {
  await page.evaluate(
    async (name, mark, { format, stores }) => {
      const bytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
      const made = (value: Value): IDBValidKey => {
        if (typeof value !== 'object') return value;
        if ('buffer' in value) return bytes(value.buffer).buffer as ArrayBuffer;
        if ('bytes' in value) return bytes(value.bytes) as Uint8Array<ArrayBuffer>;
        if ('cryptoKey' in value) throw new Error('a key that nobody could read cannot be put');
        return Object.fromEntries(Object.entries(value.fields).map(([field, inner]) => [field, made(inner)])) as never;
      };
      await new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open(name, format);
        opening.onupgradeneeded = () => {
          for (const [store, rows] of Object.entries(stores)) {
            const target = opening.result.createObjectStore(store);
            for (const [key, value] of rows) target.put(made(value), made(key));
          }
        };
        opening.onsuccess = () => {
          opening.result.close();
          resolve();
        };
        opening.onerror = () => {
          reject(opening.error ?? new Error('no error'));
        };
      });
      localStorage.setItem(mark, '1');
    },
    NAME,
    MARK,
    kept,
  );
}

/** Deletes the database as a browser does that clears it: the mark stays where it is. */
export async function clear(page: Page): Promise<void> {
  await page.evaluate(async (name) => {
    await new Promise<void>((resolve, reject) => {
      const deleting = indexedDB.deleteDatabase(name);
      deleting.onsuccess = () => {
        resolve();
      };
      deleting.onerror = () => {
        reject(deleting.error ?? new Error('no error'));
      };
    });
  }, NAME);
}

/** Takes a row of `meta` out of the database; what it holds stays in the page, so that it can be put back. */
export async function takeOut(page: Page, key: string): Promise<void> {
  await change(page, 'out', key);
}

/** Puts back what was taken out last. */
export async function putBack(page: Page, key: string): Promise<void> {
  await change(page, 'back', key);
}

async function change(page: Page, way: 'out' | 'back', key: string): Promise<void> {
  await page.evaluate(
    async (name, way, key) => {
      const database = await new Promise<IDBDatabase>((resolve) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => {
          resolve(opening.result);
        };
      });
      const writing = database.transaction('meta', 'readwrite');
      const meta = writing.objectStore('meta');
      if (way === 'back') {
        meta.put(Reflect.get(window, 'takenOut'), key);
      } else {
        const found = meta.get(key);
        found.onsuccess = () => {
          Reflect.set(window, 'takenOut', found.result);
        };
        meta.delete(key);
      }
      await new Promise((resolve) => {
        writing.oncomplete = resolve;
      });
      database.close();
    },
    NAME,
    way,
    key,
  );
}

/** Opens the database and holds it as a tab does that sleeps: it closes it for nobody. */
export async function hold(page: Page): Promise<void> {
  await page.evaluate(async (name) => {
    await new Promise((resolve) => {
      const opening = indexedDB.open(name);
      opening.onsuccess = () => {
        Reflect.set(window, 'held', opening.result);
        resolve(undefined);
      };
    });
  }, NAME);
}

/** Lets go of what is held. */
export async function letGo(page: Page): Promise<void> {
  await page.evaluate(() => {
    (Reflect.get(window, 'held') as IDBDatabase).close();
  });
}

/** Returns all bytes of all rows, one after the other: keys, values, and the names of fields. */
export function bytesOf({ stores }: Kept): Buffer {
  const of = (value: Value): Buffer[] => {
    if (typeof value !== 'object') return [Buffer.from(String(value))];
    if ('buffer' in value) return [Buffer.from(value.buffer, 'base64')];
    if ('bytes' in value) return [Buffer.from(value.bytes, 'base64')];
    if ('cryptoKey' in value) return [Buffer.from(JSON.stringify(value.cryptoKey))];
    return Object.entries(value.fields).flatMap(([field, inner]) => [Buffer.from(field), ...of(inner)]);
  };
  return Buffer.concat(Object.values(stores).flat().flatMap((row) => row.flatMap(of)));
}

/** The key in an address: the bytes behind the version, of bech32m. */
export function keyIn(address: string): Buffer {
  const signs = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
  const data = address.slice(address.indexOf('1') + 1, -6);
  const bits = [...data].map((sign) => signs.indexOf(sign).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))).subarray(1);
}
