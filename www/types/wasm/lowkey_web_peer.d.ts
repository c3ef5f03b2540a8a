/**
 * The types of the bindings before they are built: the copy that git keeps, and the loader that it leaves out.
 * Once built, `src/wasm/` shadows this file (`rootDirs` in tsconfig.json).
 */
export * from '../../../web-peer/api.d.ts';
export default function init(input: { module_or_path: URL | string }): Promise<unknown>;
