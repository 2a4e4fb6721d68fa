import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scriptsOf, snippetsOf } from '../../lab/documents.js';
import { answerOf, nextMessage } from './agent/script.js';
import { type Providers, startProviders } from './agent/stage.js';
import { eventually, type Reply, User } from './agent/user.js';
import { createProject, type Project, type StartedProject, startProject, writeEnv } from './elizaos/project.js';
import { freePort } from './free-port.js';
import { npm, packRelease, temporaryFolder } from './pack.js';
import { type RunningShell, runShell, startShell } from './shell.js';

const COOLDOWN_MS = 1_000;

let project: Project;
let providers: Providers;
let drillPort: number;
let agent: StartedProject | undefined;
let terminal: RunningShell | undefined;

beforeAll(async () => {
  providers = await startProviders();
  drillPort = await freePort();
  project = await createProject();
  const packFolder = await temporaryFolder('packed');
  await npm(project.folder, 'install', await packRelease(packFolder));
  await rm(packFolder, { recursive: true, force: true });
  const [{ code = '' } = {}] = snippetsOf('README.md').filter(({ language }) => language === 'ts');
  // As the drills ask for: no address in the character.
  await writeFile(join(project.folder, 'src', 'index.ts'), code.replace(/^ *settings: .*\n/m, ''));
  await writeEnv(project, {
    OPENAI_API_KEY: 'sk-primary',
    ELIZANET_BASE_URL: providers.elizaNet.url,
    ELIZANET_COOLDOWN: String(COOLDOWN_MS),
    ELIZANET_COOLDOWN_MAX: String(COOLDOWN_MS),
  });
}, 900_000);

afterAll(async () => {
  await terminal?.stop();
  await agent?.stop();
  await providers?.close();
  await project?.remove();
});

/** The script of a drill as printed, with a port that is free, and a primary on loopback and without TLS. */
function printed(drill: string, n = 0): string {
  return (scriptsOf('docs/operations.md', drill)[n] ?? '')
    .replaceAll('8099', String(drillPort))
    .replaceAll('"https', '"http')
    .replaceAll('api.openai.com', new URL(providers.openAi.url).host);
}

const inProject = () => ({ cwd: project.folder, env: project.env });

async function say(): Promise<Reply & { mark: number }> {
  const { mark, content } = nextMessage();
  const user = await User.arrive(agent as StartedProject, 'plain');
  return { mark, ...(await user.say(content)) };
}

async function expectAnswerOf(name: string): Promise<Reply> {
  const reply = await say();
  expect(reply.text, agent?.log().slice(-4_000)).toBe(answerOf(name, reply.mark));
  return reply;
}

/** Runs the script of a drill in the second terminal, and waits until its server listens. */
async function inTerminal(drill: string): Promise<void> {
  await terminal?.stop();
  terminal = startShell(printed(drill), inProject());
  const answers = () =>
    fetch(`http://127.0.0.1:${drillPort}`, { signal: AbortSignal.timeout(200) }).then(
      () => true,
      ({ name }) => name === 'TimeoutError',
    );
  expect(await eventually(answers, Boolean, 10_000), terminal.log()).toBe(true);
}

const logged = (words: RegExp) =>
  eventually(
    async () => agent?.log() ?? '',
    (log) => words.test(log),
    30_000,
  );

let before: string;

it('the drills keep a copy of .env', async () => {
  before = await readFile(join(project.folder, '.env'), 'utf8');
  expect(await runShell(printed('Drills'), inProject())).toEqual({ code: 0, output: '' });
});

it('ElizaNet works', async () => {
  const { code, output } = await runShell(printed('ElizaNet works'), inProject());
  expect(output).not.toContain('FAIL');
  expect(output).toContain('Calls that fail over will be answered');
  expect(code).toBe(0);
});

it('the primary is down', { timeout: 300_000 }, async () => {
  agent = await startProject(project, printed('The primary is down'));
  for (let i = 0; i < 2; i++) await expectAnswerOf('elizanet');
  const words = /openai: network ECONNREFUSED; TEXT_\w+ goes to ElizaNet until \d\d:\d\d:\d\d/;
  expect(await logged(words)).toMatch(words);
  expect(providers.openAi.calls).toEqual([]);
});

it('the primary is back', { timeout: 120_000 }, async () => {
  await inTerminal('The primary is back');
  const words = /openai has recovered for TEXT_\w+/;
  const reply = await eventually(say, ({ mark, text }) => text === answerOf('openai', mark), 60_000);
  expect(reply.text, agent?.log().slice(-4_000)).toBe(answerOf('openai', reply.mark));
  expect(await logged(words)).toMatch(words);
});

it('the primary hangs', { timeout: 120_000 }, async () => {
  await inTerminal('The primary hangs');
  const { ms } = await expectAnswerOf('elizanet');
  expect(ms).toBeGreaterThan(1_000);
  expect(ms).toBeLessThan(15_000);
});

it('both are down', { timeout: 300_000 }, async () => {
  await terminal?.stop();
  await agent?.stop();
  agent = await startProject(project, printed('Both are down', 0));
  const reply = await say();
  expect(reply.text).toBe('');
  const words =
    /TEXT_\w+ could not be answered: openai network ECONNREFUSED .* → elizanet-fallback network ECONNREFUSED/;
  expect(await logged(words)).toMatch(words);
  expect(agent.alive).toBe(true);
});

it('the last command undoes all changes', async () => {
  await agent?.stop();
  expect(await runShell(printed('Both are down', 1), inProject())).toEqual({ code: 0, output: '' });
  expect(await readFile(join(project.folder, '.env'), 'utf8')).toBe(before);
});
