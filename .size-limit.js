/** What an agent pays for importing the plugin, minified and compressed. `npm run size`, after a build. */
import { readFileSync } from 'node:fs';

const { dependencies, peerDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const asNode = (config) => ({ ...config, platform: 'node', format: 'esm', target: 'node18', logLevel: 'error' });
/** Loaded when a tokenizer is first used. */
const RANKS = 'js-tiktoken/ranks/*';

export default [
  {
    // The budget is 150 kB. Code that the plugin and the command share counts twice here.
    name: 'own code, the suites and the doctor included',
    path: ['dist/index.js', 'dist/cli.js'],
    ignore: [...Object.keys({ ...dependencies, ...peerDependencies }), RANKS],
    modifyEsbuildConfig: asNode,
    gzip: true,
    limit: '140 kB',
  },
  {
    name: 'with all dependencies, but for core and the ranks of tokenizers',
    path: 'dist/index.js',
    ignore: [...Object.keys(peerDependencies), RANKS],
    modifyEsbuildConfig: asNode,
    gzip: true,
    limit: '400 kB',
  },
];
