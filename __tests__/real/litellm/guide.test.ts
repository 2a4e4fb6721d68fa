import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { printedFile, scriptsOf } from '../../../lab/documents.js';
import { eventually } from '../agent/user.js';
import { minimalEnvironment } from '../child-process.js';
import { freePort } from '../free-port.js';
import { npm, packRelease, temporaryFolder } from '../pack.js';
import { type RunningShell, runShell, startShell } from '../shell.js';
import { ensureVenv } from './venv.js';

const GUIDE = 'docs/litellm.md';
const REQUIREMENTS = new URL('requirements.txt', import.meta.url);
const PIP_CACHE_DIR = fileURLToPath(new URL('../../../.cache/pip', import.meta.url));

let folder: string;
let env: NodeJS.ProcessEnv;
let port: number;
let litellm: RunningShell | undefined;

beforeAll(async () => {
  folder = await temporaryFolder('guide');
  await npm(folder, 'install', '--legacy-peer-deps', await packRelease(folder));
  await writeFile(join(folder, 'litellm.yaml'), printedFile(GUIDE, 'litellm.yaml'));
  // The versions of the other tests: the guide pins only LiteLLM's own.
  const constraints = join(folder, 'constraints.txt');
  const pinned = await readFile(REQUIREMENTS, 'utf8');
  await writeFile(constraints, pinned.replace(/ \\$/gm, '').replace(/^ +--hash=\S+$/gm, ''));
  // A `python3` that LiteLLM supports.
  const path = `${dirname(await ensureVenv())}:${process.env.PATH}`;
  const pip = {
    PIP_CONSTRAINT: constraints,
    PIP_ONLY_BINARY: ':all:',
    PIP_CACHE_DIR,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
  };
  const certificates = Object.entries(process.env).filter(([name]) =>
    /^(?:PIP_CERT|SSL_CERT_FILE|\w+_proxy)$/i.test(name),
  );
  env = { ...minimalEnvironment(folder), ...Object.fromEntries(certificates), ...pip, PATH: path };
  port = await freePort();
}, 900_000);

afterAll(async () => {
  await litellm?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The lines that the guide prints under a heading, with a port that is free. */
const printed = (heading: string) => (scriptsOf(GUIDE, heading)[0] ?? '').replaceAll('4000', String(port)).trim();

it('the steps with pip install LiteLLM and start it', { timeout: 900_000 }, async () => {
  const [install = '', start = ''] = printed('With pip').split('\n');
  const { code, output } = await runShell(install, { cwd: folder, env });
  expect(code, output).toBe(0);
  litellm = startShell(start, { cwd: folder, env: { ...env, LITELLM_LOCAL_MODEL_COST_MAP: 'True' } });
  const log = await eventually(
    async () => litellm?.log() ?? '',
    (text) => text.includes('Uvicorn running') || !litellm?.alive,
    120_000,
  );
  expect(log).toContain('Uvicorn running');
});

it('the check ends in a doctor whose every row is ok', async () => {
  const { code, output } = await runShell(printed('Check it'), { cwd: folder, env });
  const rows = output.match(/^ {2}\S+/gm) ?? [];
  expect(rows.length, output).toBeGreaterThan(5);
  expect(new Set(rows), output).toEqual(new Set(['  ok']));
  expect(code).toBe(0);
});
