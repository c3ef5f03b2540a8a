/**
 * Carries out one task in a thread of its own, with the wasm of `web-peer/worker`; `slow.ts` starts it and ends it.
 */
import type { SlowAnswer, SlowTask } from './slow.ts';
import wasmUrl from './wasm/worker/lowkey_worker_bg.wasm?url';
import init, { openAge, sealAge, stretch } from './wasm/worker/lowkey_worker.js';

addEventListener('message', ({ data }: MessageEvent<SlowTask>) => {
  void answer(data);
});

async function answer(task: SlowTask): Promise<void> {
  try {
    await init({ module_or_path: new URL(wasmUrl, import.meta.url) });
    const bytes = run(task);
    say({ bytes }, [bytes.buffer]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say({ code: codeOf(error), message });
  }
}

function run(task: SlowTask): Uint8Array {
  switch (task.type) {
    case 'stretch':
      return stretch(task.passphrase, task.salt, task.memoryKib, task.passes, task.lanes);
    case 'sealAge':
      return sealAge(task.archive, task.secret);
    case 'openAge':
      return openAge(task.file, task.secret);
    default:
      throw new Error(`unknown task ${String(task satisfies never)}`);
  }
}

function say(answer: SlowAnswer, transfer: Transferable[] = []): void {
  postMessage(answer, { transfer });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
}
