import assert from 'node:assert/strict';
import type { AgentRuntime, Character, IAgentRuntime, IDatabaseAdapter, Plugin } from '@elizaos/core';
import { type Clock, systemClock } from '../core/clock.js';
import type { SettingName } from '../environment.js';
import { findInstance } from '../instances.js';
import { isTrueWord } from '../setting-builders.js';
import { type StandIn, startStandIn } from './stand-in.js';
import type { SuiteHost } from './suite-test.js';

/** The environment of one test: its own runtime with this plugin and the providers that the test adds. */
export interface Lab {
  runtime: IAgentRuntime;
  /** Acts as ElizaNet; undefined when the configured ElizaNet is called. */
  standIn: StandIn | undefined;
  /** Every line that the runtime logged. */
  log: string[];
  /** Moves the clock of the circuit breakers forward, without waiting. */
  elapse(ms: number): void;
}

/** A lab with the stand-in server as its ElizaNet. */
export type ClosedLab = Lab & { standIn: StandIn };

export interface LabOptions {
  settings?: Partial<Record<SettingName, string | number | boolean>>;
  secrets?: Partial<Record<SettingName, string>>;
  /** Providers with a higher priority than ElizaNet. */
  providers?: Plugin[];
}

const DIMENSIONS = 1536;

/** Runs a test against the embedded stand-in server, or with `ELIZANET_SUITE_LIVE` against the ElizaNet of `host`. */
export async function inLab(host: SuiteHost, options: LabOptions, test: (lab: Lab) => Promise<void>): Promise<void> {
  if (isLive(host)) await withRuntime(host, options, undefined, test);
  else await inClosedLab(host, options, test);
}

/**
 * Whether `ELIZANET_SUITE_LIVE` is on, in the settings of the agent or in the environment. Only the suites read it: they
 * then call the configured ElizaNet, which costs some short answers and one image.
 */
function isLive(host: SuiteHost): boolean {
  return isTrueWord(String(host.runtime.getSetting('ELIZANET_SUITE_LIVE') ?? process.env.ELIZANET_SUITE_LIVE ?? ''));
}

/** Always runs a test against the embedded stand-in server: for tests that make ElizaNet fail or inspect its requests. */
export async function inClosedLab(
  host: SuiteHost,
  options: LabOptions,
  test: (lab: ClosedLab) => Promise<void>,
): Promise<void> {
  const standIn = await startStandIn(DIMENSIONS);
  try {
    await withRuntime(host, options, standIn, (lab) => test({ ...lab, standIn }));
  } finally {
    await standIn.close();
  }
}

async function withRuntime(
  host: SuiteHost,
  { settings = {}, secrets = {}, providers = [] }: LabOptions,
  standIn: StandIn | undefined,
  test: (lab: Lab) => Promise<void>,
): Promise<void> {
  const log: string[] = [];
  const own: Character = {
    name: 'ElizaNet suites',
    bio: [],
    settings: { ...(standIn ? { ELIZANET_BASE_URL: standIn.url } : {}), ...settings },
    secrets,
  };
  const runtime = createRuntime(host, standIn ? own : host.runtime.character, log);
  // Live, the agent's own settings apply, except those that the test overrides.
  if (!standIn) runtime.getSetting = (key) => settings[key as SettingName] ?? host.runtime.getSetting(key);
  let elapsedMs = 0;
  const clock: Clock = {
    now: () => systemClock.now() + elapsedMs,
    wallNow: () => systemClock.wallNow() + elapsedMs,
    after: systemClock.after,
  };
  // With the stand-in only what the test says counts, whatever is set on this machine.
  const plugin = host.createPlugin({ clock, env: standIn ? {} : process.env });
  try {
    for (const provider of providers) await runtime.registerPlugin(provider);
    // Services start in `initialize`, which this runtime never calls.
    await runtime.registerPlugin({ ...plugin, services: [] });
    await test({
      runtime,
      standIn,
      log,
      elapse: (ms) => {
        elapsedMs += ms;
      },
    });
  } finally {
    await findInstance(runtime)?.close();
  }
}

/**
 * A second runtime, of the same core as the host's: tests and agent do not see each other's plugins, failures or log.
 */
function createRuntime(host: SuiteHost, character: Character, log: string[]): IAgentRuntime {
  const Runtime = host.runtime.constructor as typeof AgentRuntime;
  // core's `useModel` only needs these two methods of the database: 1.x calls `log`, 2.x `createLogs`.
  const adapter = { log: async () => {}, createLogs: async () => {} } as unknown as IDatabaseAdapter;
  const runtime: IAgentRuntime = new Runtime({ character, adapter, settings: {} });
  const write = (...parts: unknown[]) => void log.push(parts.map((part) => JSON.stringify(part)).join(' '));
  const levels = ['trace', 'debug', 'info', 'success', 'progress', 'warn', 'error', 'fatal'];
  // The failures are intended: keep them out of the agent's log.
  runtime.logger = Object.fromEntries(levels.map((level) => [level, write])) as unknown as IAgentRuntime['logger'];
  return runtime;
}

/** The error that `call` rejects with. @param otherwise the assertion message when it resolves. */
export async function failureOf(call: Promise<unknown>, otherwise: string): Promise<Error> {
  const [outcome] = await Promise.allSettled([call]);
  assert.ok(outcome.status === 'rejected', otherwise);
  assert.ok(outcome.reason instanceof Error, 'The call rejected with something other than an Error');
  return outcome.reason;
}
