import { z } from 'zod';
import type { FailoverStatus } from '../observe/status.js';
import { printable } from './printable.js';

export const DEFAULT_SERVER = 'http://localhost:3000';

const TIMEOUT_MS = 10_000;

/** What the table reads. The other fields are passed on as they are. */
const circuit = z.looseObject({ provider: z.string(), state: z.string(), since: z.number(), retryInMs: z.number() });
const schema = z.looseObject({
  version: z.string(),
  at: z.number(),
  phase: z.string(),
  modelTypes: z.array(
    z.looseObject({ modelType: z.string(), providers: z.array(z.string()), answeredBy: z.string().optional() }),
  ),
  circuits: z.array(circuit),
  lastFailovers: z.array(z.looseObject({ modelType: z.string(), endedAt: z.number(), attempts: z.array(z.unknown()) })),
  totals: z.record(z.string(), z.number()),
});

/**
 * Asks an agent's server for the status of failing over.
 * @param agent the id of the agent; the server's first one by default.
 * @returns the status, or what is wrong, in one line.
 */
export async function readStatus(
  url: string = DEFAULT_SERVER,
  agent?: string,
): Promise<{ status: FailoverStatus } | { problem: string }> {
  let address: URL;
  try {
    address = new URL(`${url.replace(/\/+$/, '')}/elizanet-fallback/status`);
  } catch {
    return { problem: `--url must be an http or https URL such as ${DEFAULT_SERVER}` };
  }
  if (agent !== undefined) address.searchParams.set('agentId', agent);
  const shown = printable(address.origin);
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    const body: unknown = await response.json().catch(() => undefined);
    if (schema.safeParse(body).success) return { status: body as FailoverStatus };
    if (agent !== undefined && response.status === 404) return { problem: `${shown} has no agent ${printable(agent)}` };
    return {
      problem: `${shown} did not answer with a status (${response.status}). Is it the agent's server, and does the agent list the plugin?`,
    };
  } catch {
    return { problem: `${shown} cannot be reached. Give the address of the agent's server with --url` };
  }
}
