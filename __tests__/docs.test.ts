import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { envExample, howItWorks, pluginParameters, readme } from '../scripts/docs.js';
import { matrixDocument, readMatrix } from '../scripts/matrix.js';
import { settingsSchema } from '../src/environment.js';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

describe('the documents agree with the code (npm run docs:generate brings them up to date)', () => {
  it('README has the settings and the contract as the code has them, and the matrix as it was run', () => {
    expect(read('README.md')).toBe(readme(read('README.md')));
  });

  it('docs/how-it-works.md has the contract too', () => {
    expect(read('docs/how-it-works.md')).toBe(howItWorks(read('docs/how-it-works.md')));
  });

  it('docs/failover-matrix.md has every cell of the matrix as it was run', () => {
    expect(read('docs/failover-matrix.md')).toBe(matrixDocument(readMatrix()));
  });

  it('.env.example lists every setting with its default', () => {
    expect(read('.env.example')).toBe(envExample());
    for (const name of Object.keys(settingsSchema.shape)) expect(envExample()).toContain(`# ${name}=`);
  });

  it("package.json's pluginParameters are the settings", () => {
    expect(JSON.parse(read('package.json')).agentConfig.pluginParameters).toEqual(pluginParameters());
  });

  it('marks the key, and nothing else, as sensitive', () => {
    const sensitive = Object.entries(pluginParameters()).filter(
      ([, parameter]) => (parameter as { sensitive: boolean }).sensitive,
    );
    expect(sensitive.map(([name]) => name)).toEqual(['ELIZANET_API_KEY']);
  });
});
