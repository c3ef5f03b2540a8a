/** The types of the worker's bindings before they are built; once built, `src/wasm/` shadows this file. */
export function stretch(
  passphrase: string,
  salt: Uint8Array,
  memoryKib: number,
  passes: number,
  lanes: number,
): Uint8Array;
export function sealAge(archive: Uint8Array, secret: Uint8Array): Uint8Array;
export function openAge(file: Uint8Array, secret: Uint8Array): Uint8Array;
export default function init(input: { module_or_path: URL | string }): Promise<unknown>;
