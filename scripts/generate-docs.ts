/**
 * Writes what is generated: README's tables and those of docs/, `.env.example`, package.json's `pluginParameters`.
 * `npm run docs:generate`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { envExample, howItWorks, pluginParameters, readme } from './docs.js';
import { matrixDocument, readMatrix } from './matrix.js';

const at = (file: string) => new URL(`../${file}`, import.meta.url);

writeFileSync(at('README.md'), readme(readFileSync(at('README.md'), 'utf8')));
writeFileSync(at('docs/how-it-works.md'), howItWorks(readFileSync(at('docs/how-it-works.md'), 'utf8')));
writeFileSync(at('docs/failover-matrix.md'), matrixDocument(readMatrix()));
writeFileSync(at('.env.example'), envExample());
const manifest = JSON.parse(readFileSync(at('package.json'), 'utf8'));
manifest.agentConfig = { pluginType: 'elizaos:plugin:1.0.0', pluginParameters: pluginParameters() };
writeFileSync(at('package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
