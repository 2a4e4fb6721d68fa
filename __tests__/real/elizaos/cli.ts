import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ensurePackages } from '../packages.js';

export interface CliRun {
  code: number | null;
  /** Everything it printed, without colour codes. */
  output: string;
}

/**
 * The CLI runs the suites of the agent's first plugin. Without a provider key its default character loads Ollama's
 * plugin first. With a Google key it loads the Google plugin, which is an empty package here, so that this plugin is
 * the first.
 */
const FIRST_PLUGIN_IS_OURS = { GOOGLE_GENERATIVE_AI_API_KEY: 'none', ELIZA_NO_PLUGIN_AUTO_INSTALL: 'true' };
export const NO_PROVIDER = 'node_modules/@elizaos/plugin-google-genai';

/** The folder of the CLI and Bun, and their environment. */
export async function cliEnvironment(): Promise<{ bin: string; env: NodeJS.ProcessEnv }> {
  const place = await ensurePackages(new URL('.', import.meta.url));
  await mkdir(join(place, NO_PROVIDER), { recursive: true });
  await writeFile(join(place, NO_PROVIDER, 'package.json'), '{"type":"module","main":"index.js"}');
  await writeFile(join(place, NO_PROVIDER, 'index.js'), 'export {};');
  const bin = join(place, 'node_modules', '.bin');
  // With Vitest's variables, Bun's test runner and core would assume that they run inside Vitest.
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
