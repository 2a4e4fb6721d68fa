/** Records `__tests__/fixtures/litellm` again: `npx tsx __tests__/real/litellm/record-fixtures.ts`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordFixtures } from './fixtures.js';

const directory = fileURLToPath(new URL('../../fixtures/litellm', import.meta.url));
const files = await recordFixtures();
await mkdir(directory, { recursive: true });
for (const [name, content] of files) await writeFile(join(directory, name), content);
