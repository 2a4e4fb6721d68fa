import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';

export const TRANSPORTS = ['plain', 'sse'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** What a user received for a message. */
export interface Reply {
  answered: boolean;
  text: string;
  /** The chunks before the final answer, over SSE. */
  chunks: string[];
  /** The error that was returned instead of an answer. */
  error?: string;
  ms: number;
}

/** Longer than AgentServer's own request timeout. */
const PATIENCE_MS = 40_000;

/** A user who talks to an agent over `/api/messaging/sessions`. */
export class User {
  readonly #messages: string;

  private constructor(
    url: string,
    sessionId: string,
    private readonly transport: Transport,
  ) {
    this.#messages = `${url}/api/messaging/sessions/${sessionId}/messages`;
  }

  static async arrive(agent: { url: string; agentId: string }, transport: Transport): Promise<User> {
    const response = await post(`${agent.url}/api/messaging/sessions`, {
      agentId: agent.agentId,
      userId: randomUUID(),
    });
    const { sessionId } = (await response.json()) as { sessionId: string };
    return new User(agent.url, sessionId, transport);
  }

  /** Sends a message and waits for the reply. Never throws: a missing answer is reported in the reply. */
  async say(content: string, patienceMs = PATIENCE_MS): Promise<Reply> {
    const startedAt = Date.now();
    const reply: Reply = { answered: false, text: '', chunks: [], ms: 0 };
    const signal = AbortSignal.timeout(patienceMs);
    try {
      if (this.transport === 'sse') await this.#listen(content, signal, reply);
      else await this.#ask(content, signal, reply);
    } catch (error) {
      reply.error = String(error);
    }
    reply.answered = reply.text !== '';
    reply.ms = Date.now() - startedAt;
    return reply;
  }

  async #ask(content: string, signal: AbortSignal, reply: Reply): Promise<void> {
    const response = await post(this.#messages, { content, transport: 'http' }, signal);
    const { agentResponse, error } = (await response.json()) as { agentResponse?: { text: string }; error?: string };
    reply.text = agentResponse?.text ?? '';
    reply.error = error;
  }

  async #listen(content: string, signal: AbortSignal, reply: Reply): Promise<void> {
    const response = await post(this.#messages, { content, transport: 'sse' }, signal);
    if (!response.body) return;
    const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { event, data } of events) {
      const body = JSON.parse(data);
      if (event === 'chunk') reply.chunks.push(body.chunk);
      else if (event === 'done') reply.text = body.text ?? '';
      else if (event === 'error') reply.error = body.error;
    }
  }
}

function post(url: string, body: object, signal?: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
}

/** Polls until `isGood` accepts the value or the time is over. @returns the last value */
export async function eventually<T>(
  ask: () => Promise<T>,
  isGood: (value: T) => boolean,
  withinMs: number,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (isGood(value) || Date.now() > deadline) return value;
    await delay(100);
  }
}
