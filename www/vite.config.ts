/** The build of the page: hashed files, nothing inlined, the wasm as a file of its own. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { defineConfig, type Plugin } from 'vite';

const require = createRequire(import.meta.url);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Turns `lucide:NAME` into a module with that icon as a Lit SVG template, so that only icons in use are shipped. */
function lucide(): Plugin {
  const prefix = 'lucide:';
  return {
    name: 'lucide',
    enforce: 'pre',
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${prefix}`)) return undefined;
      const name = id.slice(prefix.length + 1);
      const text = readFileSync(require.resolve(`lucide-static/icons/${name}.svg`), 'utf8');
      const shapes = /<svg[^>]*>(.*)<\/svg>/s.exec(text)?.[1];
      if (shapes === undefined || /[`$\\]/.test(shapes)) throw new Error(`lucide:${name} has no shapes`);
      const one = shapes.replaceAll(/\s+/g, ' ').replaceAll('> <', '><').trim();
      return `import { svg } from 'lit';\nexport const icon = svg\`${one}\`;\n`;
    },
  };
}

/** Takes the blanks out of Lit's `css` and `html` literals where they cannot matter: line breaks with their indentation. */
function shrinkTemplates(): Plugin {
  return {
    name: 'shrink-templates',
    apply: 'build',
    transform(code, id) {
      if (!/\/src\/.*\.ts$/.test(id)) return undefined;
      return { code: code.replaceAll(/\n\s+/g, '\n '), map: null };
    },
  };
}

/**
 * Lets the browser fetch the peer and its wasm while the shell is parsed and drawn, and not only when the shell asks
 * for them; the shell comes first where the way is narrow.
 */
function fetchAhead(): Plugin {
  return {
    name: 'fetch-ahead',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle = {} }) => {
        const file = (pattern: RegExp): string => {
          const names = Object.keys(bundle).filter((name) => pattern.test(name));
          if (names.length !== 1) throw new Error(`${String(names.length)} files are ${String(pattern)}`);
          return `./${names.join('')}`;
        };
        const link = (attrs: Record<string, string>) => ({ tag: 'link', attrs, injectTo: 'head' as const });
        return [
          link({ rel: 'modulepreload', href: file(/\/peer-[^/]*\.js$/), fetchpriority: 'low' }),
          link({
            rel: 'preload',
            as: 'fetch',
            type: 'application/wasm',
            href: file(/\/lowkey_web_peer_bg-[^/]*\.wasm$/),
            crossorigin: 'anonymous',
            fetchpriority: 'low',
          }),
        ];
      },
    },
  };
}

const { version } = JSON.parse(readFileSync(here('package.json'), 'utf8')) as { version: string };

export default defineConfig(({ mode }) => ({
  base: './',
  plugins: [lucide(), shrinkTemplates(), ...(mode === 'gallery' ? [] : [fetchAhead()])],
  worker: { format: 'es' },
  define: { LOWKEY_VERSION: JSON.stringify(version) },
  build: {
    target: 'esnext',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    outDir: mode === 'gallery' ? 'node_modules/.gallery' : 'dist',
    emptyOutDir: true,
    rolldownOptions: { input: here(mode === 'gallery' ? 'gallery.html' : 'index.html') },
  },
}));
