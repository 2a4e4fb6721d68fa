import { z } from 'zod';
import type { FailoverStatus } from '../observe/status.js';
import { printable } from './printable.js';

export const DEFAULT_SERVER = 'http://localhost:3000';

const TIMEOUT_MS = 10_000;

/** Far more than a status has. */
const MAX_BYTES = 8 << 20;

/** What the table reads. The other fields are passed on as they are. */
const text = z.string().optional();
const number = z.number().optional();
const silence = z.looseObject({ ms: z.number(), usualMs: number }).optional();
const failure = z.looseObject({ kind: z.string(), statusCode: number, code: text, silence }).optional();
const attempt = z.looseObject({
  ...{ provider: z.string(), outcome: z.string(), durationMs: z.number(), reason: text },
  ...{ failure, silence },
});
const circuit = z.looseObject({
  ...{ provider: z.string(), modelType: text, state: z.string(), reason: text, statusCode: number },
  ...{ since: z.number(), retryInMs: z.number() },
});
const schema = z.looseObject({
  version: z.string(),
  at: z.number(),
  phase: z.string(),
  modelTypes: z.array(z.looseObject({ modelType: z.string(), providers: z.array(z.string()), answeredBy: text })),
  circuits: z.array(circuit),
  lastFailovers: z.array(z.looseObject({ modelType: z.string(), endedAt: z.number(), attempts: z.array(attempt) })),
  totals: z.looseObject({
    ...{ calls: z.number(), failovers: z.number(), unanswered: z.number() },
    ...{ inputTokens: z.number(), outputTokens: z.number(), costUsd: z.number() },
  }),
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
  const address = addressOf(url);
  if (!address) return { problem: `--url must be an http or https URL such as ${DEFAULT_SERVER}` };
  if (agent !== undefined) address.searchParams.set('agentId', agent);
  const shown = printable(address.origin);
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual' });
    if (response.status >= 300 && response.status < 400) return { problem: redirectProblem(shown, response) };
    const body: unknown = await readJson(response).catch(() => undefined);
    if (schema.safeParse(body).success) return { status: body as FailoverStatus };
    if (agent !== undefined && response.status === 404) return { problem: `${shown} has no agent ${printable(agent)}` };
    return {
      problem: `${shown} did not answer with a status (${response.status}). Is it the agent's server, and does the agent list the plugin?`,
    };
  } catch {
    return { problem: `${shown} cannot be reached. Give the address of the agent's server with --url` };
  }
}

/** A redirect is not followed: the status is that of the server that was named. */
function redirectProblem(shown: string, { headers, url }: Response): string {
  const to = URL.canParse(headers.get('location') ?? '', url) && new URL(headers.get('location') ?? '', url).origin;
  return `${shown} redirects${to ? ` to ${printable(to)}` : ''}. Give the address of the agent's server itself with --url`;
}

/** @returns undefined when `url` is no address of a server. */
function addressOf(url: string): URL | undefined {
  try {
    const { protocol, origin, pathname } = new URL(url);
    if (protocol !== 'http:' && protocol !== 'https:') return undefined;
    return new URL(`${origin}${pathname.replace(/\/+$/, '')}/elizanet-fallback/status`);
  } catch {
    return undefined;
  }
}

/** @returns undefined when the body is larger than a status can be; the rest is not read. */
async function readJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
