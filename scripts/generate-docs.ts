/** Brings the generated parts of the documents up to date. `npm run docs:generate` */
import { readFileSync, writeFileSync } from 'node:fs';
import { GENERATED } from './docs.js';

for (const [file, generate] of Object.entries(GENERATED)) {
  const path = new URL(`../${file}`, import.meta.url);
  writeFileSync(path, generate(readFileSync(path, 'utf8')));
}
