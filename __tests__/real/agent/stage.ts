import { afterAll, beforeAll } from 'vitest';
import type { Fault } from '../../../lab/stand-in/fault.js';
import { type StandIn, type StandInOptions, startStandIn } from '../../../lab/stand-in/server.js';
import { type Engine, type RunningAgent, startAgentServer } from './agent-server.js';
import { createProject, type Project } from './project.js';
import { speakAs } from './script.js';
import { printSummary } from './summary.js';

/** For hooks that call `startStage`: the first run downloads half a gigabyte of packages. */
export const PREPARE_TIMEOUT_MS = 600_000;
/** Dimensions of the embedding models on a stage, unless its options say otherwise. */
export const WIDTH = 768;

/**
 * Registers hooks of a test file whose agents share a project: they create and remove it, and print the summary.
 * @returns the project; to be called in tests and hooks only
 */
export function useProject({ withPlugin = true } = {}): () => Project {
  let project: Project | undefined;
  beforeAll(async () => {
    project = await createProject({ withPlugin });
  }, PREPARE_TIMEOUT_MS);
  afterAll(async () => {
    printSummary();
    await project?.remove();
  });
  return () => {
    if (!project) throw new Error('The project is created by a hook, which has not run');
    return project;
  };
}

/** The two providers of an agent: `openAi` is the primary. Both answer as `script.ts` says. */
export interface Providers {
  readonly openAi: StandIn;
  readonly elizaNet: StandIn;
  close(): Promise<void>;
}

export interface ProvidersOptions {
  openAi?: StandInOptions;
  elizaNet?: StandInOptions;
}

export async function startProviders({ openAi: first, elizaNet: second }: ProvidersOptions = {}): Promise<Providers> {
  const openAi = await startStandIn({ text: speakAs('openai'), ...first });
  const elizaNet = await startStandIn({ text: speakAs('elizanet'), ...second });
  return {
    openAi,
    elizaNet,
    async close() {
      await openAi.close();
      await elizaNet.close();
    },
  };
}

/** A real agent between its two providers. */
export interface Stage extends Omit<Providers, 'close'> {
  readonly agent: RunningAgent;
  /** Ends the agent and the providers. */
  stop(): Promise<void>;
}

export interface StageOptions extends ProvidersOptions {
  /** @default Node */
  engine?: Engine;
  /** Of an agent with this plugin. @default one of its own, removed by `stop` */
  project?: Project;
  /** Beside the addresses and the key of the primary. */
  settings?: Record<string, string>;
  /** The primary's from the start of the agent. @default it is healthy */
  fault?: Fault;
}

/** Starts the providers and an agent with this plugin. If one of them does not start, the others are ended. */
export async function startStage({ engine = 'Node', settings, fault, ...options }: StageOptions = {}): Promise<Stage> {
  const ends: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const project = options.project ?? (await createProject({ withPlugin: true }));
    if (!options.project) ends.push(project.remove);
    const { openAi, elizaNet, close } = await startProviders({
      openAi: { dimensions: WIDTH, ...options.openAi },
      elizaNet: { dimensions: WIDTH, ...options.elizaNet },
    });
    ends.push(close);
    if (fault) openAi.fault = fault;
    const agent = await startAgentServer({
      engine,
      project,
      isProtected: true,
      settings: {
        OPENAI_BASE_URL: `${openAi.url}/v1`,
        OPENAI_API_KEY: 'sk-primary',
        OPENAI_EMBEDDING_DIMENSIONS: String(WIDTH),
        ELIZANET_BASE_URL: elizaNet.url,
        ...settings,
      },
    });
    ends.push(agent.stop);
    return { openAi, elizaNet, agent, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
