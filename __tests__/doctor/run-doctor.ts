import { fileURLToPath } from 'node:url';
import { runScript, type ScriptRun } from '../../lab/child.js';
import type { CheckResult } from '../../src/doctor/check-result.js';

export const CLI = fileURLToPath(new URL('../../src/doctor/cli.ts', import.meta.url));

/** The proxies and settings of the host that runs the tests must not play a part. */
const NONE = { http_proxy: '', https_proxy: '', no_proxy: '', HTTP_PROXY: '', HTTPS_PROXY: '', NO_PROXY: '' };

/** Runs the command in its own process. */
export function runCli(args: string[], env: NodeJS.ProcessEnv = {}): Promise<ScriptRun> {
  return runScript(CLI, args, { ...NONE, ...env });
}

export interface Report {
  code: number | null;
  version: string;
  address?: string;
  ok: boolean;
  results: CheckResult[];
  /** By id, for ids that occur once. */
  byId: Partial<Record<CheckResult['id'], CheckResult>>;
}

/** Runs `doctor --json`. Proves that nothing else is printed. */
export async function runDoctor(env: NodeJS.ProcessEnv, args: string[] = []): Promise<Report> {
  const { code, stdout, stderr } = await runCli(['doctor', '--json', ...args], env);
  if (stderr !== '') throw new Error(`printed to stderr: ${stderr}`);
  const report = JSON.parse(stdout) as Omit<Report, 'code' | 'byId'>;
  return { code, ...report, byId: Object.fromEntries(report.results.map((result) => [result.id, result])) };
}
