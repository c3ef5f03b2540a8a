/** An icon of lucide as a Lit template, made by the plugin in vite.config.ts. */
declare module 'lucide:*' {
  import type { TemplateResult } from 'lit';
  export const icon: TemplateResult<2>;
}

/** The version in package.json, put in at build. */
declare const LOWKEY_VERSION: string;

interface ImportMetaEnv {
  /** The origin of the relay, when the page is served by Vite's dev server. */
  readonly VITE_LOWKEY_RELAY?: string;
}
