/** What an agent pays for importing the plugin, minified and compressed. `npm run size`, after a build. */
import { readFileSync } from 'node:fs';

const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const asNode = (config) => ({ ...config, platform: 'node', format: 'esm', target: 'node18', logLevel: 'error' });
/** Loaded when a tokenizer is first used. */
const RANKS = 'js-tiktoken/ranks/*';
/** Loaded when `/dashboard` or `/metrics` is first asked for. */
const PAGES = ['./dashboard-page-*', './chunks/dashboard-page-*', 'prom-client'];

export default [
  {
    // All code that an agent can load, most of it on first use; import-cost.test.ts holds what its start loads. Code that
    // the plugin and the command share counts twice here.
    name: 'own code, the suites and the commands included, the dashboard not',
    path: ['dist/index.js', 'dist/cli.js'],
    ignore: [...Object.keys({ ...dependencies, ...peerDependencies }), RANKS, ...PAGES],
    modifyEsbuildConfig: asNode,
    gzip: true,
    limit: '172 kB',
  },
  {
    name: 'with all dependencies, but for core, the ranks of tokenizers and the pages',
    path: 'dist/index.js',
    ignore: [...Object.keys(peerDependencies), RANKS, ...PAGES],
    modifyEsbuildConfig: asNode,
    gzip: true,
    limit: '432 kB',
  },
];
