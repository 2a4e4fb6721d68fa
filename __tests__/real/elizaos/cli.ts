import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ensurePackages } from '../packages.js';

export interface CliRun {
  code: number | null;
  /** Everything it has printed, without the codes that colour it. */
  output: string;
}

/**
 * The default character of the CLI loads Ollama's plugin when it finds no key, and the CLI then runs *its* suites: it
 * takes the first plugin of the agent for the one under test. A provider that is none leaves ours the first.
 */
const FIRST_PLUGIN_IS_OURS = { GOOGLE_GENERATIVE_AI_API_KEY: 'none', ELIZA_NO_PLUGIN_AUTO_INSTALL: 'true' };
export const NO_PROVIDER = 'node_modules/@elizaos/plugin-google-genai';

/** Where the CLI and Bun are, with the environment in which they work. */
export async function cliEnvironment(): Promise<{ bin: string; env: NodeJS.ProcessEnv }> {
  const place = await ensurePackages(new URL('.', import.meta.url));
  await mkdir(join(place, NO_PROVIDER), { recursive: true });
  await writeFile(join(place, NO_PROVIDER, 'package.json'), '{"type":"module","main":"index.js"}');
  await writeFile(join(place, NO_PROVIDER, 'index.js'), 'export {};');
  const bin = join(place, 'node_modules', '.bin');
  // Vitest's own variables would make Bun's test runner, and core, believe they run inside Vitest.
  const { VITEST: _, NODE_ENV: __, LOG_LEVEL: ___, ...rest } = process.env;
  return { bin, env: { ...rest, PATH: `${bin}${delimiter}${process.env.PATH}`, SENTRY_LOGGING: 'false' } };
}

/** Runs `elizaos test` in a folder. */
export async function elizaosTest(cwd: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<CliRun> {
  const cli = await cliEnvironment();
  const child = spawn(join(cli.bin, 'elizaos'), ['test', ...args], {
    cwd,
    env: { ...cli.env, ...FIRST_PLUGIN_IS_OURS, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (data: Buffer) => {
    output += data;
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
  return { code, output: output.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '') };
}
