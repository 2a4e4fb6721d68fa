import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AgentRuntime } from '@elizaos/core';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { printedFile, snippetsOf } from '../lab/documents.js';
import { resolveConfig } from '../src/resolve-config.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(`${ROOT}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const snippets = DOCUMENTS.flatMap(snippetsOf);
const inLanguage = (language: string) => snippets.filter((snippet) => snippet.language === language);

it('every snippet is in a language that is checked here, or is a picture', () => {
  expect([...new Set(snippets.map(({ language }) => language))].sort()).toEqual(['', 'json', 'sh', 'ts', 'yaml']);
});

describe('TypeScript', () => {
  it('has the right types, against the real core and this package', () => {
    const files = new Map(inLanguage('ts').map(({ at, code }) => [`${ROOT}${at.replace(/\W/g, '-')}.ts`, code]));
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: ['node'],
      paths: { '@elizaos/plugin-elizanet-fallback': [`${ROOT}src/index.ts`] },
    };
    const host = ts.createCompilerHost(options);
    const { fileExists, getSourceFile } = host;
    host.fileExists = (name) => files.has(name) || fileExists(name);
    host.getSourceFile = (name, target, ...rest) => {
      const code = files.get(name);
      return code === undefined ? getSourceFile(name, target, ...rest) : ts.createSourceFile(name, code, target);
    };
    const program = ts.createProgram([...files.keys()], options, host);
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    expect(problems).toEqual([]);
    expect(files.size).toBeGreaterThan(0);
    // The compiler reads all of core's types.
  }, 120_000);
});

describe('JSON', () => {
  it.each(inLanguage('json'))('at $at is a character whose settings are accepted', ({ code }) => {
    const character = JSON.parse(code);
    expect(character.plugins).toContain('@elizaos/plugin-elizanet-fallback');
    const runtime = new AgentRuntime({ character: { bio: [], ...character }, settings: {} });
    const { config } = resolveConfig(runtime, {});
    expect(config.ELIZANET_BASE_URL).toBe(character.settings.ELIZANET_BASE_URL);
    expect(config.ELIZANET_API_KEY).toBe(character.secrets.ELIZANET_API_KEY);
  });
});

describe('YAML', () => {
  const byName = (name: string) => parseYaml(printedFile('docs/litellm.md', name));

  it("the LiteLLM configuration has the plugin's default models", () => {
    const runtime = new AgentRuntime({ character: { name: 'Test', bio: [] }, settings: {} });
    const { config } = resolveConfig(runtime, {});
    const names = byName('litellm.yaml').model_list.map((model: { model_name: string }) => model.model_name);
    expect(names).toEqual([
      config.ELIZANET_SMALL_MODEL,
      config.ELIZANET_LARGE_MODEL,
      config.ELIZANET_EMBEDDING_MODEL,
      config.ELIZANET_IMAGE_MODEL,
    ]);
  });

  it('the compose file hands on every variable that the configuration names, and pins the version of the tests', () => {
    const { environment, build } = byName('compose.yaml').services.litellm;
    const named = JSON.stringify(byName('litellm.yaml')).match(/(?<=os\.environ\/)\w+/g) ?? [];
    expect(Object.keys(environment).sort()).toEqual([...new Set(named)].sort());
    const pinned = /^litellm(?:\[proxy\])?==([\d.]+)/m.exec(
      readFileSync(`${ROOT}__tests__/real/litellm/requirements.txt`, 'utf8'),
    );
    expect(build.dockerfile_inline).toContain(`'litellm[proxy]==${pinned?.[1]}'`);
    for (const { code } of inLanguage('sh')) {
      for (const [, version] of code.matchAll(/litellm\[proxy\]==([\d.]+)/g)) expect(version).toBe(pinned?.[1]);
    }
  });
});

describe('links', () => {
  /** `docs/privacy.md` and the URL it links to, of links to other files of the repository. */
  const links = DOCUMENTS.flatMap((file) =>
    [...readFileSync(ROOT + file, 'utf8').matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = '']) => {
      const base = new URL(file, new URL('..', import.meta.url));
      return { file, target: new URL(target, base) };
    }),
  );

  it.each(DOCUMENTS)('of %s lead to files and headings that there are', (document) => {
    for (const { target } of links.filter(({ file }) => file === document)) {
      const content = readFileSync(fileURLToPath(new URL(target.pathname, 'file:')), 'utf8');
      if (!target.hash) continue;
      const headings = [...content.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(headings).toContain(target.hash.slice(1));
    }
  });

  it('lead to files of the published package, where it is installed', async () => {
    const pack = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT });
    const packages = Object.values<{ files: { path: string }[] }>(JSON.parse(stdout));
    const packed = packages.flatMap(({ files }) => files.map(({ path }) => path));
    const missing = links.filter(
      ({ target }) => !packed.includes(relative(ROOT, fileURLToPath(target.href.split('#')[0] as string))),
    );
    expect(missing.map(({ file, target }) => `${file}: ${target}`)).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(DOCUMENTS));
  });
});

describe('commands', () => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

  /** Needs Docker. That its files fit together is tested above. */
  const NOT_RUN = ['docs/litellm.md: With Docker Compose'];
  const tests = readdirSync(`${ROOT}__tests__`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(`${ROOT}__tests__/${name}`, 'utf8'));

  it('that a document prints are taken from it and run by a test', () => {
    const blocks = inLanguage('sh').map(({ at, heading }) => [at.split(':')[0], heading] as const);
    const unused = blocks.filter(
      ([file, heading]) => !tests.some((code) => code.includes(`'${file}'`) && code.includes(`'${heading}'`)),
    );
    expect([...new Set(unused.map(([file, heading]) => `${file}: ${heading}`))]).toEqual(NOT_RUN);
  });

  it.each(DOCUMENTS)('%s names only npm scripts that there are', (file) => {
    for (const [, script] of readFileSync(ROOT + file, 'utf8').matchAll(/npm run (?:-s )?([\w:-]+)/g)) {
      expect(scripts).toHaveProperty([script ?? '']);
    }
  });
});
