import assert from 'node:assert/strict';
import type { AgentRuntime, Character, IAgentRuntime, IDatabaseAdapter, Plugin } from '@elizaos/core';
import { type Clock, systemClock } from '../core/clock.js';
import { resolveConfig, type SettingName } from '../environment.js';
import { findInstance } from '../instances.js';
import { createElizaNetFallbackPlugin } from '../plugin.js';
import { type StandIn, startStandIn } from './stand-in.js';

/** Where one test is made: a runtime of its own, with this plugin and what the test adds, and nothing else. */
export interface Lab {
  runtime: IAgentRuntime;
  /** What plays ElizaNet; undefined when the configured ElizaNet is asked. */
  standIn: StandIn | undefined;
  /** Everything the plugin has logged, as text. */
  log: string[];
  /** Lets time pass for breakers, without waiting. */
  elapse(ms: number): void;
}

/** A lab whose ElizaNet is the stand-in. */
export type ClosedLab = Lab & { standIn: StandIn };

export interface LabOptions {
  settings?: Partial<Record<SettingName, string | number | boolean>>;
  secrets?: Partial<Record<SettingName, string>>;
  /** Providers that stand before ElizaNet. */
  providers?: Plugin[];
}

const DIMENSIONS = 1536;

/** Runs a test against the embedded stand-in; with `ELIZANET_SUITE_LIVE` against the ElizaNet that `host` is set up with. */
export async function inLab(
  host: IAgentRuntime,
  options: LabOptions,
  test: (lab: Lab) => Promise<void>,
): Promise<void> {
  if (resolveConfig(host).config.ELIZANET_SUITE_LIVE) await withRuntime(host, options, undefined, test);
  else await inClosedLab(host, options, test);
}

/** Runs a test against the embedded stand-in, always: for what can only be seen at an ElizaNet that obeys. */
export async function inClosedLab(
  host: IAgentRuntime,
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
  host: IAgentRuntime,
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
  const runtime = createRuntime(host, standIn ? own : host.character, log);
  // Asked live, the plugin is set up as in the agent, but for what the test needs otherwise.
  if (!standIn) runtime.getSetting = (key) => settings[key as SettingName] ?? host.getSetting(key);
  let elapsedMs = 0;
  const clock: Clock = {
    now: () => systemClock.now() + elapsedMs,
    wallNow: () => systemClock.wallNow() + elapsedMs,
    after: systemClock.after,
  };
  // With the stand-in only what the test says counts, whatever is set on this machine.
  const plugin = createElizaNetFallbackPlugin({ clock, env: standIn ? {} : process.env });
  try {
    for (const provider of providers) await runtime.registerPlugin(provider);
    // Services are started by an agent that initialises, which this one never does.
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
 * A second runtime of the host's own core: what the tests register, break and log never touches the agent, and other
 * plugins of the agent do not touch the tests.
 */
function createRuntime(host: IAgentRuntime, character: Character, log: string[]): IAgentRuntime {
  const Runtime = host.constructor as typeof AgentRuntime;
  // Of a database core's `useModel` needs the log of calls only: 1.x calls it `log`, 2.x `createLogs`.
  const adapter = { log: async () => {}, createLogs: async () => {} } as unknown as IDatabaseAdapter;
  const runtime: IAgentRuntime = new Runtime({ character, adapter, settings: {} });
  const write = (...parts: unknown[]) => void log.push(parts.map((part) => JSON.stringify(part)).join(' '));
  const levels = ['trace', 'debug', 'info', 'success', 'progress', 'warn', 'error', 'fatal'];
  // The failures are made on purpose; in the agent's own log they would look like real ones.
  runtime.logger = Object.fromEntries(levels.map((level) => [level, write])) as unknown as IAgentRuntime['logger'];
  return runtime;
}

/** Runs something that has to fail, and returns its error. */
export async function failureOf(call: Promise<unknown>, otherwise: string): Promise<Error> {
  const [outcome] = await Promise.allSettled([call]);
  assert.ok(outcome.status === 'rejected', otherwise);
  assert.ok(outcome.reason instanceof Error, 'What was thrown is not an Error');
  return outcome.reason;
}
