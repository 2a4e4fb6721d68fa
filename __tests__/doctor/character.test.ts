import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CharacterError, readCharacter } from '../../src/doctor/character.js';
import { cwd, examine, KEY, resultOf, setUp, standIn, startElizaNet } from './examine.js';

setUp();

function write(name: string, content: unknown): string {
  writeFileSync(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content));
  return name;
}

const asked = () => standIn().calls.map(({ body }) => body.model);

describe('--character', () => {
  it('reads settings and secrets of a character, which override .env and the environment', async () => {
    const { url } = await startElizaNet();
    write('.env', 'ELIZANET_LARGE_MODEL=from-the-file\nELIZANET_BASE_URL=http://nowhere.invalid');
    const character = write('agent.json', {
      name: 'Ann',
      settings: { ELIZANET_BASE_URL: url, secrets: { ELIZANET_LARGE_MODEL: 'from-the-character' } },
      secrets: { ELIZANET_API_KEY: KEY },
    });
    const examined = await examine({ ELIZANET_API_KEY: 'sk-other' }, { character });
    expect(resultOf(examined, 'settings')?.detail).toBe(
      'ELIZANET_BASE_URL, ELIZANET_API_KEY, ELIZANET_LARGE_MODEL from the character; the rest at their defaults',
    );
    expect(asked()).toContain('from-the-character');
    expect(standIn().calls[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(examined.ok).toBe(true);
  });

  it('finds a fallback that the character switches off', async () => {
    const { url } = await startElizaNet();
    const character = write('agent.json', { name: 'Ann', settings: { ELIZANET_FALLBACK_ENABLED: false } });
    const examined = await examine({ ELIZANET_BASE_URL: url }, { character });
    expect(resultOf(examined, 'fallback-disabled')?.status).toBe('fail');
    expect(examined.ok).toBe(false);
  });

  it('finds an unknown setting of the character', async () => {
    const { url } = await startElizaNet();
    const character = write('agent.json', { name: 'Ann', secrets: { ELIZANET_KEY: 'x' } });
    const examined = await examine({ ELIZANET_BASE_URL: url }, { character });
    expect(resultOf(examined, 'setting-unknown')?.detail).toBe('there is no setting ELIZANET_KEY');
  });

  it.each([
    [['@elizaos/plugin-openai'], 'warn'],
    [['@elizaos/plugin-openai', '@elizaos/plugin-elizanet-fallback'], undefined],
    [undefined, undefined],
  ])('of a character with the plugins %j: %s', async (plugins, status) => {
    const { url } = await startElizaNet();
    const character = write('agent.json', { name: 'Ann', plugins });
    const examined = await examine({ ELIZANET_BASE_URL: url }, { character });
    expect(resultOf(examined, 'plugin-listed')?.status).toBe(status);
  });

  it.each([
    ['is missing', 'none.json', undefined, 'none.json cannot be read (ENOENT)'],
    ['is not JSON', 'agent.json', `{ "secrets": ${KEY}`, 'agent.json is not valid JSON'],
    ['is no character', 'agent.json', '["Ann"]', /^agent\.json contains no character/],
    ['does not load', 'agent.mjs', `throw new TypeError('${KEY}')`, 'agent.mjs cannot be loaded (TypeError)'],
  ])('that %s fails, without quoting the file', async (_, character, content, detail) => {
    if (content !== undefined) write(character, content);
    const { ok, results } = await examine({}, { character });
    expect(results.map(({ id, status, detail }) => [id, status, detail])).toEqual([
      ['character', 'fail', typeof detail === 'string' ? detail : expect.stringMatching(detail)],
    ]);
    expect(ok).toBe(false);
  });
});

describe('readCharacter', () => {
  const ANN = "{ name: 'Ann', settings: { A: process.env.ELIZANET_DOCTOR_TEST }, plugins: ['one'] }";

  it.each([
    ['a default export', `export default ${ANN};`, ['one']],
    ['an export named character', `export const character = ${ANN};`, ['one']],
    ['both', `export default () => {}; export const character = ${ANN};`, ['one']],
    ['a project', `export default { agents: [{ character: ${ANN}, plugins: [{ name: 'two' }] }] };`, ['one', 'two']],
    ['a CommonJS module', `module.exports = ${ANN};`, ['one']],
  ])('reads %s of a module, which sees the environment of the agent', async (form, code, plugins) => {
    const file = write(`agent.${form.startsWith('a CommonJS') ? 'cjs' : 'mjs'}`, code);
    const character = await readCharacter(file, cwd, { ELIZANET_DOCTOR_TEST: 'seen' });
    expect(process.env.ELIZANET_DOCTOR_TEST).toBeUndefined();
    expect(character).toEqual({ settings: { A: 'seen' }, secrets: {}, plugins });
  });

  it('rejects a module without a character', async () => {
    const file = write('agent.mjs', 'export const other = 1;');
    await expect(readCharacter(file, cwd, {})).rejects.toThrow(CharacterError);
  });
});
