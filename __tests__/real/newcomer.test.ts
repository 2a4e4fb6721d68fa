import { existsSync } from 'node:fs';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptsOf, snippetsOf } from '../../lab/documents.js';
import { HEALTHY } from '../../lab/stand-in/fault.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';
import { answerOf, nextMessage, speakAs } from './agent/script.js';
import { type Transport, User } from './agent/user.js';
import { createProject, type Project, type StartedProject, startProject, writeEnv } from './elizaos/project.js';
import { packRelease, REPOSITORY, temporaryFolder } from './pack.js';
import { type Registry, startRegistry } from './registry.js';
import { runShell } from './shell.js';

const PLUGIN = '@elizaos/plugin-elizanet-fallback';
const NO_GITHUB = fileURLToPath(new URL('elizaos/no-github.mjs', import.meta.url));

describe('in a fresh clone', { timeout: 1_800_000 }, () => {
  let clone: string;
  beforeAll(async () => {
    const folder = await temporaryFolder('newcomer');
    clone = join(folder, 'plugin');
    const git = `git clone --quiet --no-hardlinks '${REPOSITORY}' plugin`;
    expect(await runShell(git, { cwd: folder, env: process.env })).toEqual({ code: 0, output: '' });
  });
  afterAll(() => rm(join(clone, '..'), { recursive: true, force: true }));

  const scripts = [...scriptsOf('README.md', 'Try it'), ...scriptsOf('CONTRIBUTING.md', 'Contributing')];
  const commands = scripts.flatMap((script) => script.trim().split(/\n| && /));

  it('the documents contain the basic commands', () => {
    expect(commands).toContain('npm ci');
    expect(commands).toContain('npm run demo');
    expect(commands).toContain('npm test');
  });

  // CI runs `npm test` in a fresh clone too.
  const others = [...new Set(commands)].filter((command) => command !== 'npm test');
  it.each(others)('%s works', async (command) => {
    // With Vitest's variables, the tests of the clone would assume that they run inside this Vitest.
    const { VITEST: _, NODE_ENV: __, LOG_LEVEL: ___, ...env } = process.env;
    const { code, output } = await runShell(command, { cwd: clone, env });
    expect(code, output.slice(-4_000)).toBe(0);
    if (command === 'npm run demo') expect(output).toMatch(/, 0 unanswered; 0 unhandled rejections/);
  });
});

/** Follows README in order; all it needs is what README prints, and an address and a key of its own. */
describe('in a new ElizaOS project, on Bun', { timeout: 300_000 }, () => {
  const key = 'sk-of-the-project';
  const [install = '', doctor = ''] = scriptsOf('README.md', 'Install');

  let project: Project;
  let manifest: string;
  let openAi: StandIn;
  let elizaNet: StandIn;
  let registry: Registry;
  let agent: StartedProject | undefined;
  beforeAll(async () => {
    openAi = await startStandIn({ text: speakAs('openai') });
    elizaNet = await startStandIn({ text: speakAs('elizanet') });
    project = await createProject();
    manifest = await readFile(file('package.json'), 'utf8');
    const packFolder = await temporaryFolder('packed');
    registry = await startRegistry(await packRelease(packFolder));
    await rm(packFolder, { recursive: true, force: true });
    // The version under test is not published.
    await appendFile(join(project.folder, '.npmrc'), `\n@elizaos:registry=${registry.url}\n`);
    await writeEnv(project, {
      OPENAI_API_KEY: 'sk-primary',
      OPENAI_BASE_URL: `${openAi.url}/v1`,
      ELIZANET_API_KEY: key,
    });
  }, 900_000);
  afterAll(async () => {
    await agent?.stop();
    await registry?.close();
    await openAi?.close();
    await elizaNet?.close();
    await project?.remove();
  });

  /** A file of the project. */
  const file = (path: string) => join(project.folder, path);
  /** The snippets of a document in a language, with the address and the key of this ElizaNet. */
  const printed = (document: string, language: string) =>
    snippetsOf(document).flatMap((snippet) =>
      snippet.language === language
        ? snippet.code.replaceAll('https://my-litellm.example.com', elizaNet.url).replaceAll('sk-your-key', key)
        : [],
    );

  async function run(script: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { code, output } = await runShell(script, { cwd: project.folder, env: { ...project.env, ...env } });
    expect(code, output).toBe(0);
    return output;
  }

  it.each(install.trim().split('\n'))('%s', async (command) => {
    // As it was before the command above.
    for (const left of [`node_modules/${PLUGIN}`, 'package-lock.json', 'bun.lock']) {
      await rm(file(left), { recursive: true, force: true });
    }
    await writeFile(file('package.json'), manifest);
    await run(command, { BUN_OPTIONS: `--preload=${NO_GITHUB}` });
    expect(JSON.parse(await readFile(file('package.json'), 'utf8')).dependencies).toHaveProperty([PLUGIN]);
    expect(existsSync(file(`node_modules/${PLUGIN}/dist/index.js`))).toBe(true);
  });

  it('the snippets of README and docs/operations.md have the right types, with the module resolution that README names', async () => {
    const snippets = ['README.md', 'docs/operations.md'].flatMap((document) => printed(document, 'ts'));
    const names = snippets.map((_, i) => `snippet-${i}.ts`);
    for (const [i, name] of names.entries()) await writeFile(file(name), snippets[i] ?? '');
    const readme = await readFile(join(REPOSITORY, 'README.md'), 'utf8');
    const [, resolution = '', ...others] =
      /"moduleResolution": "(\w+)"`.* do not resolve with `(\w+)` or `(\w+)`/.exec(readme) ?? [];
    const check = (module: string, flag: string) =>
      `tsc --noEmit --strict --skipLibCheck --target esnext --module ${module} --moduleResolution ${flag} ${names.join(' ')}`;
    expect(await run(check('esnext', resolution))).toBe('');
    expect(others).toHaveLength(2);
    for (const other of others) {
      const { code } = await runShell(check(other, other), { cwd: project.folder, env: project.env });
      expect(code).not.toBe(0);
    }
  });

  describe.each([
    ['the character in JSON', 'json', 'my-agent.json', 'elizaos start --character my-agent.json'],
    ['the character in code', 'ts', 'src/index.ts', 'elizaos start'],
  ])('%s', (_, language, path, start) => {
    beforeAll(async () => {
      const [character = ''] = printed('README.md', language);
      await writeFile(file(path), character);
      agent = await startProject(project, start);
    });
    afterAll(() => agent?.stop());

    async function say(transport: Transport) {
      const { mark, content } = nextMessage();
      const user = await User.arrive(agent as StartedProject, transport);
      return { mark, ...(await user.say(content)) };
    }

    it('passes the doctor', async () => {
      // Node before 22.18 loads no TypeScript.
      const command = language === 'ts' ? doctor.replace('npx', 'bunx --bun') : doctor;
      const output = await run(`${command.trim()} --character ${path}`);
      expect(output).toContain('ELIZANET_BASE_URL');
      expect(output).toContain('Calls that fail over will be answered');
    });

    it('starts an agent that says that ElizaNet stands by', () => {
      expect(agent?.log()).toMatch(/\[ElizaNet\] stands by at 127\.0\.0\.1:\d+ for .*TEXT_LARGE/);
    });

    it('is answered by its own provider while that is healthy', async () => {
      elizaNet.requests.length = 0;
      const reply = await say('plain');
      expect(reply.text, agent?.log().slice(-4_000)).toBe(answerOf('openai', reply.mark));
      expect(elizaNet.calls).toEqual([]);
    });

    it.each<Transport>(['plain', 'sse'])('survives a 429 of its provider, over %s', async (transport) => {
      openAi.fault = { kind: 'status', status: 429, headers: { 'retry-after': '9' } };
      const reply = await say(transport);
      openAi.fault = HEALTHY;
      expect(reply.text, agent?.log().slice(-4_000)).toBe(answerOf('elizanet', reply.mark));
      // Without failover, plugin-openai retries for 18 s, then fails.
      expect(reply.ms).toBeLessThan(9_000);
      expect(agent?.alive).toBe(true);
      expect(elizaNet.calls.every(({ headers }) => headers.authorization === `Bearer ${key}`)).toBe(true);
    });

    it('logs the outage, and no key', () => {
      expect(agent?.log()).toMatch(/openai: 429 \(Retry-After 9 s\); \w+ goes to ElizaNet until \d\d:\d\d:\d\d/);
      expect(agent?.log()).not.toContain(key);
    });
  });
});
