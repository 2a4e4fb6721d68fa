import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { snippetsOf } from '../lab/documents.js';
import { expectedOutcome } from '../lab/matrix/cells.js';
import { NATIVE_CELLS } from '../lab/matrix/native-cells.js';
import {
  envExample,
  failureTable,
  GENERATED,
  pluginParameters,
  readmeSettings,
  settingsTable,
} from '../scripts/docs.js';
import { AI_SDK_MATRIX_FILE, matrixOf, readMatrix } from '../scripts/matrix.js';
import { FAILURE_RULES } from '../src/core/failure-rules.js';
import { type SettingName, settingMeta, settingsSchema } from '../src/environment.js';
import { LOG_LINES } from '../src/observe/log-lines.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(ROOT + file, 'utf8');
const NAMES = Object.keys(settingsSchema.shape) as SettingName[];

describe('the documents agree with the code (npm run docs:generate brings them up to date)', () => {
  it.each(Object.keys(GENERATED))('%s is as it would be generated now', (file) => {
    expect(read(file)).toBe(GENERATED[file]?.(read(file)));
  });

  it('the failover matrix has each native cell that the real tier measures, and no other', () => {
    const matrix = matrixOf(NATIVE_CELLS.map((cell) => ({ ...cell, outcome: expectedOutcome(cell) })));
    expect(readMatrix(AI_SDK_MATRIX_FILE)).toEqual(matrix);
  });

  it('docs/settings.md has every setting with its default, unit, allowed values and meaning', () => {
    const rows = new Map(
      settingsTable()
        .split('\n')
        .map((row) => [/`(\w+)`/.exec(row)?.[1], row.split(' | ')]),
    );
    for (const name of NAMES) {
      const { accepts, unit, description, shownDefault } = settingMeta(name);
      const [, shown, ofUnit, allowed, meaning] = rows.get(name) ?? [];
      expect(shown).toBe(shownDefault === undefined ? 'none' : `\`${shownDefault.replaceAll(',', ', ')}\``);
      expect([name, ofUnit]).toEqual([name, unit ?? '–']);
      expect(accepts.replace(` of ${unit}`, '')).toBe(allowed);
      expect(meaning).toBe(`${description}. |`);
    }
    expect(read('docs/settings.md')).toContain(settingsTable());
  });

  it('README has the few settings that people set, with their allowed values', () => {
    const names = [...readmeSettings().matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name as SettingName);
    expect(names).toHaveLength(5);
    for (const name of names) expect(readmeSettings()).toContain(settingMeta(name).accepts);
  });

  it('the table of failures has every kind, and stands in one document only', () => {
    for (const kind of Object.keys(FAILURE_RULES)) expect(failureTable()).toContain(`| \`${kind}\` |`);
    const inDocs = readdirSync(`${ROOT}docs`).filter((file) => file.endsWith('.md'));
    const documents = ['README.md', ...inDocs.map((file) => `docs/${file}`)];
    const holders = documents.filter((file) => read(file).includes('| `user_abort` |'));
    expect(holders).toEqual(['docs/how-it-works.md']);
  });

  it('.env.example lists every setting with its default', () => {
    for (const name of NAMES) expect(envExample()).toContain(`# ${name}=`);
  });

  it('marks the key and the URL with a password, and nothing else, as sensitive', () => {
    const sensitive = Object.entries(pluginParameters()).filter(
      ([, parameter]) => (parameter as { sensitive: boolean }).sensitive,
    );
    expect(sensitive.map(([name]) => name)).toEqual(['ELIZANET_API_KEY', 'ELIZANET_REDIS_URL']);
  });

  it('operations lists every error class that is exported, with every code', async () => {
    const rows = [...read('docs/operations.md').matchAll(/^\| `(\w+Error)` \| ([^|]+) \|/gm)];
    // The base class, and one that only a transport throws and no caller sees.
    const unlisted = ['ElizaNetError', 'TransportError'];
    const exported = Object.keys(await import('../src/index.js')).filter(
      (name) => /^[A-Z]\w*Error$/.test(name) && !unlisted.includes(name),
    );
    expect(rows.map(([, name]) => name).sort()).toEqual(exported.sort());
    const codes = rows.flatMap(([, , cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code));
    const sources = read('src/core/errors.ts') + read('src/core/failover-errors.ts');
    const inCode = [...sources.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map(([, code]) => code);
    expect(codes.sort()).toEqual([...new Set(inCode)].sort());
  });

  it('CONTRIBUTING lays out every file and folder of src, and none that is not there', () => {
    const paths = [...read('CONTRIBUTING.md').matchAll(/^((?:src|lab|__tests__|bench|demo|docs|scripts)\/\S*) /gm)];
    const listed = paths.map(([, path = '']) => path);
    expect(listed.filter((path) => !existsSync(ROOT + path))).toEqual([]);
    const inSrc = readdirSync(`${ROOT}src`).map((name) => `src/${name}`);
    const there = inSrc.map((path) => (statSync(ROOT + path).isDirectory() ? `${path}/` : path));
    expect(there.filter((path) => !listed.includes(path))).toEqual([]);
  });

  it.each(['docs/how-it-works.md', 'SECURITY.md'])('%s names only source files that there are', (file) => {
    const named = [...read(file).matchAll(/`([\w-]+\/[\w/-]*(?:\.ts|\/))`/g)].map(([, path]) => path);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(`${ROOT}src/${path}`))).toEqual([]);
  });

  it('the example of an outage in operations consists of lines that the plugin can log', () => {
    const hole = /\\\{\w+\\\}/g;
    const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const patterns = Object.values(LOG_LINES).map(({ text }) => new RegExp(`^${escaped(text).replace(hole, '.+')}$`));
    const [example] = snippetsOf('docs/operations.md').filter(({ heading }) => heading === 'Log lines');
    const lines = example?.code.trim().split('\n') ?? [];
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      expect(
        patterns.some((pattern) => pattern.test(line.replace('[ElizaNet] ', ''))),
        line,
      ).toBe(true);
    }
  });

  it('operations has every line that the plugin can log, and the code writes no other and each of them', () => {
    const rows = read('docs/operations.md').match(/^\| (debug|info|warn|error) \| .*$/gm);
    expect(rows).toHaveLength(Object.keys(LOG_LINES).length);
    for (const { level, text } of Object.values(LOG_LINES)) {
      expect(rows?.filter((row) => row.startsWith(`| ${level} | \`${text}\` |`))).toHaveLength(1);
    }
    const sources = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('log-lines.ts'))
      .map((file) => ({ file, code: read(`src/${file}`) }));
    expect(Object.keys(LOG_LINES).filter((name) => !sources.some(({ code }) => code.includes(`'${name}'`)))).toEqual(
      [],
    );
    // Lines are written through `Log`, whose type takes only names of the table; nothing else reaches core's logger.
    const loggers = sources.filter(({ code }) => /\blogger\[|\blogger\.(?!level)|runtime\.logger/.test(code));
    expect(loggers.map(({ file }) => file.replaceAll('\\', '/')).sort()).toEqual(['observe/log.ts', 'suites/lab.ts']);
  });
});
