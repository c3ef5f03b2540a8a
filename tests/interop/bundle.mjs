/** Bundles the peer of js-libp2p into `dist`, and PeerJS beside it. */
import { build } from 'esbuild';

await build({
  entryPoints: { peer: 'src/peer.ts', peerjs: 'src/peerjs.ts' },
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  define: { global: 'globalThis', 'process.env.DEBUG': 'undefined', 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
});
