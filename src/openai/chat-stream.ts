import { NoOutputError } from '../core/failover-errors.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import type { EventReader } from '../http/event-reader.js';
import { invalidResponse } from '../http/invalid-response.js';
import type { RequestContext } from '../http/request-context.js';
import { type ChatEnding, noTextError } from './no-text-error.js';
import { readChatChunk } from './read-chat-chunk.js';
import { type ChatChunk, callsTools, isRefused, type Usage } from './schemas.js';

/** What is known of a stream, complete once it has ended. */
export interface ChatStreamEnd extends ChatEnding {
  /** All of its text so far. */
  text: string;
  usage?: Usage;
}

export interface ChatStreamInput {
  /** Told when the stream has ended normally. */
  onEnd?(end: ChatStreamEnd): void;
}

/**
 * Reads the text of a chat stream. Leaving the loop closes the socket.
 * @param end is filled in while reading, complete when the iteration ends normally.
 * @throws {UpstreamStatusError} for an `error` event, also under status 200.
 * @throws {InvalidResponseError} for an event that is not a chat chunk, when another model takes over in the middle,
 * and when the body ends with neither a finish reason nor `[DONE]`.
 * @throws {ContentPolicyError}, {OutputLimitError} or {InvalidResponseError} when it ends without any text and says why,
 * @throws {NoOutputError} when it does not, however normal the end.
 */
export function readChatStream(
  events: EventReader,
  input: ChatStreamInput,
  end: ChatStreamEnd,
): AsyncIterableIterator<string> {
  return new ChatStream(events, input, end);
}

/** By hand and not a generator: with small deltas, generators around generators cost more than all the rest of a stream. */
class ChatStream implements AsyncIterableIterator<string> {
  #batch: readonly string[] = [];
  #index = 0;
  #over = false;
  #failure: { error: unknown } | undefined;
  readonly #takeover = new TakeoverDetector();
  readonly #context: RequestContext;

  constructor(
    private readonly events: EventReader,
    private readonly input: ChatStreamInput,
    private readonly end: ChatStreamEnd,
  ) {
    this.#context = events.context;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** One call at a time. A stream that has failed goes on failing: who asks late must not take it for complete. */
  next(): Promise<IteratorResult<string>> {
    try {
      const text = this.#nextOfBatch();
      return text === undefined ? this.#pull() : Promise.resolve({ done: false, value: text });
    } catch (error) {
      return this.#fail(error);
    }
  }

  async return(): Promise<IteratorResult<string>> {
    this.#stop();
    return { done: true, value: undefined };
  }

  async #pull(): Promise<IteratorResult<string>> {
    if (this.#failure) throw this.#failure.error;
    try {
      while (!this.#over) {
        const batch = await this.events.next();
        if (!batch) {
          this.#finish(false);
          break;
        }
        this.#batch = batch;
        this.#index = 0;
        const text = this.#nextOfBatch();
        if (text !== undefined) return { done: false, value: text };
      }
    } catch (error) {
      return this.#fail(error);
    }
    return { done: true, value: undefined };
  }

  #fail(error: unknown): Promise<never> {
    this.#failure = { error };
    this.#stop();
    return Promise.reject(error);
  }

  /** @returns undefined when the batch holds no more text. */
  #nextOfBatch(): string | undefined {
    while (this.#index < this.#batch.length && !this.#over) {
      const data = this.#batch[this.#index++] as string;
      if (data === '[DONE]') {
        this.#finish(true);
        return undefined;
      }
      const text = this.#textOf(readChatChunk(data, this.#context));
      if (!text) continue;
      this.end.text += text;
      return text;
    }
    return undefined;
  }

  #textOf(chunk: ChatChunk): string | null | undefined {
    const choice = firstChoice(chunk);
    const delta = choice?.delta ?? choice?.message;
    if (this.#takeover.sees(chunk.model, delta)) {
      throw invalidResponse('went on with another model in the middle of an answer', this.#context);
    }
    const { end } = this;
    if (chunk.usage) end.usage = chunk.usage;
    if (choice?.finish_reason) end.finishReason = choice.finish_reason;
    if (!delta) return undefined;
    if (isRefused(delta)) end.refused = true;
    if (callsTools(delta)) end.calledTools = true;
    return delta.content;
  }

  #finish(isDone: boolean): void {
    this.#over = true;
    this.events.finish();
    if (!isDone && !this.end.finishReason) {
      throw invalidResponse('ended a stream in the middle', this.#context);
    }
    if (!this.end.text) throw noTextError(this.end, this.#context) ?? new NoOutputError(PROVIDER_NAME, this.#context);
    this.input.onEnd?.(this.end);
  }

  #stop(): void {
    this.#over = true;
    this.events.destroy();
  }
}

type Choice = NonNullable<ChatChunk['choices']>[number];
type Delta = Pick<NonNullable<Choice['delta']>, 'role' | 'content'>;

/** One answer is asked for; pieces of a second one must not get between those of the first. */
function firstChoice({ choices }: ChatChunk): Choice | undefined {
  return choices?.find(({ index }) => (index ?? 0) === 0);
}

/**
 * LiteLLM's own mid-stream fallback appends another model's whole answer to the text that was already sent: a second
 * `role` begins, or another `model`. Some servers repeat the role in every chunk, so only one that comes back counts.
 */
class TakeoverDetector {
  #model: string | undefined;
  #roleGone = false;

  sees(model: string | null | undefined, delta: Delta | null | undefined): boolean {
    const changed = !!model && this.#model !== undefined && model !== this.#model;
    if (model) this.#model = model;
    if (!delta?.content && !delta?.role) return changed;
    const cameBack = !!delta.role && this.#roleGone;
    if (!delta.role) this.#roleGone = true;
    return changed || cameBack;
  }
}
