/**
 * Hands slow tasks to workers, so that the page stays alive meanwhile. Each task has a worker of its own: when it ends,
 * so do its memory and the secrets in it. Loaded with the first task.
 */
import workerUrl from './worker.ts?worker&url';

/** What a worker is asked for. */
export type SlowTask =
  | {
      type: 'stretch';
      passphrase: string;
      salt: Uint8Array;
      memoryKib: number;
      passes: number;
      lanes: number;
    }
  | { type: 'sealAge'; archive: Uint8Array; secret: Uint8Array }
  | { type: 'openAge'; file: Uint8Array; secret: Uint8Array };

/** What it answers. */
export type SlowAnswer = { bytes: Uint8Array } | { code: string; message: string };

/** Carries out a task; rejects with an error that has a `code`, as the peer's errors have. */
export function slow(task: SlowTask): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(trustedUrl(), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<SlowAnswer>) => {
      worker.terminate();
      if ('bytes' in data) resolve(data.bytes);
      else reject(failure(data.code, data.message));
    });
    worker.addEventListener('error', (event) => {
      worker.terminate();
      reject(failure('internal', event.message === '' ? 'the worker could not be loaded' : event.message));
    });
    worker.postMessage(task);
  });
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** The part of Trusted Types that is used; its results are given to the browser and never looked at. */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: () => string }): { createScriptURL(url: string): string };
}

let policy: { createScriptURL(url: string): string } | undefined;

/** The URL of the worker, and no other: the page's policy trusts nothing else to be a script. */
function trustedUrl(): string {
  const factory: unknown = Reflect.get(globalThis, 'trustedTypes');
  if (!isPolicyFactory(factory)) return workerUrl;
  policy ??= factory.createPolicy('lowkey-worker', { createScriptURL: () => workerUrl });
  return policy.createScriptURL(workerUrl);
}

function isPolicyFactory(value: unknown): value is PolicyFactory {
  return typeof value === 'object' && value !== null && 'createPolicy' in value;
}
