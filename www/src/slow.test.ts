import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { slow, type SlowAnswer, type SlowTask } from './slow.ts';

vi.mock('./worker.ts?worker&url', () => ({ default: '/assets/worker.js' }));

/** A worker that the test plays. */
class FakeWorker extends EventTarget {
  static made: FakeWorker[] = [];
  readonly url: unknown;
  readonly tasks: SlowTask[] = [];
  ended = false;

  constructor(url: unknown) {
    super();
    this.url = url;
    FakeWorker.made.push(this);
  }

  postMessage(task: SlowTask): void {
    this.tasks.push(task);
  }

  terminate(): void {
    this.ended = true;
  }

  answer(data: SlowAnswer): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

const task: SlowTask = { type: 'openAge', file: new Uint8Array(3), secret: new Uint8Array(32) };

beforeEach(() => {
  FakeWorker.made = [];
  vi.stubGlobal('Worker', FakeWorker);
});
afterEach(() => vi.unstubAllGlobals());

function begin(): { worker: FakeWorker; answer: Promise<Uint8Array> } {
  const answer = slow(task);
  const worker = FakeWorker.made.at(-1);
  if (worker === undefined) throw new Error('no worker was made');
  return { worker, answer };
}

test('a task is answered by a worker of its own, which ends with it', async () => {
  const [first, second] = [begin(), begin()];
  expect(first.worker).not.toBe(second.worker);
  expect(first.worker.tasks).toEqual([task]);
  first.worker.answer({ bytes: new Uint8Array([1]) });
  expect(await first.answer).toEqual(new Uint8Array([1]));
  expect([first.worker.ended, second.worker.ended]).toEqual([true, false]);
});

test('a refusal keeps its code', async () => {
  const { worker, answer } = begin();
  worker.answer({ code: 'backupMalformed', message: 'cut' });
  await expect(answer).rejects.toMatchObject({ code: 'backupMalformed', message: 'cut' });
  expect(worker.ended).toBe(true);
});

test('a worker that cannot be loaded is a failure', async () => {
  const { worker, answer } = begin();
  worker.dispatchEvent(Object.assign(new Event('error'), { message: '' }));
  await expect(answer).rejects.toMatchObject({ code: 'internal' });
  expect(worker.ended).toBe(true);
});

test('where scripts must be trusted, the one policy trusts the worker alone', async () => {
  vi.resetModules();
  const names: string[] = [];
  const createPolicy = (name: string, rules: { createScriptURL: (url: string) => string }): object => {
    names.push(name);
    return { createScriptURL: (url: string) => ({ trusted: rules.createScriptURL(url) }) };
  };
  vi.stubGlobal('trustedTypes', { createPolicy });
  const { slow: fresh } = await import('./slow.ts');
  void fresh(task);
  void fresh(task);
  expect(names).toEqual(['lowkey-worker']);
  expect(FakeWorker.made.map(({ url }) => url)).toEqual([
    { trusted: '/assets/worker.js' },
    { trusted: '/assets/worker.js' },
  ]);
});
