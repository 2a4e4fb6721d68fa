import { NoOutputError } from '../core/failover-errors.js';
import { PROVIDER_NAME } from '../core/provider-name.js';
import type { ServerEvent } from '../http/event-parser.js';
import { invalidResponse } from '../http/invalid-response.js';
import type { RequestContext } from '../http/request-context.js';
import { assertNotFailed, type ChatEnding, noTextError } from './no-text-error.js';
import { readChatChunk } from './read-chat-chunk.js';
import { type ChatChunk, callsTools, isRefused, type Usage } from './schemas.js';
import { ToolCallCollector } from './tool-calls.js';

/** What is known of a stream beside its text; complete once it has ended. */
export interface ChatStreamEnd extends ChatEnding {
  usage?: Usage;
}

export interface ChatReaderOptions {
  /** Tools were offered, so that calls of them are an answer too. @default false */
  takesCalls?: boolean;
  /** What `read` returns: the text, or the text of the arguments of tool calls. @default 'text' */
  shows?: 'text' | 'arguments' | 'nothing';
}

/** Reads the events of one chat stream in order: the text of each, its tool calls, and how the stream ends. */
export class ChatReader {
  readonly end: ChatStreamEnd = {};
  readonly calls = new ToolCallCollector();
  /** The text that `read` has not returned. */
  hidden = '';
  #hasText = false;
  #done = false;
  /** Something of the answer came in a `delta`. */
  #hasDeltas = false;
  readonly #takeover = new TakeoverDetector();

  constructor(
    private readonly context: RequestContext,
    private readonly options: ChatReaderOptions = {},
  ) {}

  /** True once `[DONE]` was read: no event counts after it. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * @returns what it adds to what is shown; undefined when it adds nothing.
   * @throws {UpstreamStatusError} for an error, also under status 200.
   * @throws {InvalidResponseError} for an event that is not a chat chunk, for the finish reason of an answer that broke
   * off, and when another model takes over.
   */
  read({ data, name }: ServerEvent): string | undefined {
    if (name !== 'error' && data.startsWith('[') && data.trim() === '[DONE]') {
      this.#done = true;
      return undefined;
    }
    return this.#read(readChatChunk(data, this.context, name)) || undefined;
  }

  /**
   * Checks how the stream ended, after its last event.
   * @throws {InvalidResponseError} when it ended with neither a finish reason nor `[DONE]`.
   * @throws {ContentPolicyError}, {OutputLimitError}, {InvalidResponseError} or {NoOutputError} when it has neither text nor
   * a call of an offered tool.
   */
  finish(): void {
    const { context } = this;
    if (!this.#done && !this.end.finishReason) throw invalidResponse('ended a stream in the middle', context);
    const { takesCalls = false } = this.options;
    if (this.#hasText || (takesCalls && !this.calls.isEmpty)) return;
    throw noTextError(this.end, context, takesCalls) ?? new NoOutputError(PROVIDER_NAME, context);
  }

  #read(chunk: ChatChunk): string | undefined {
    const choice = firstChoice(chunk);
    const delta = this.#partOf(choice);
    if (this.#takeover.sees(chunk.model, delta)) {
      throw invalidResponse('went on with another model in the middle of an answer', this.context);
    }
    const { end } = this;
    if (chunk.usage) end.usage = chunk.usage;
    assertNotFailed(choice?.finish_reason, this.context);
    if (choice?.finish_reason) end.finishReason = choice.finish_reason;
    if (!delta) return undefined;
    if (isRefused(delta)) end.refused = true;
    const text = delta.content ?? '';
    if (text) this.#hasText = true;
    const { shows = 'text' } = this.options;
    if (shows !== 'text') this.hidden += text;
    if (!callsTools(delta)) return shows === 'text' ? text : undefined;
    end.calledTools = true;
    const args = delta === choice?.message ? this.calls.addMessage(delta) : this.calls.addDelta(delta);
    return shows === 'text' ? text : shows === 'arguments' ? args : undefined;
  }

  /** Some servers send a whole message beside an empty delta: as the answer, or once more after it was sent in deltas. */
  #partOf(choice: Choice | undefined): Delta | null | undefined {
    const { delta, message } = choice ?? {};
    if (delta && holdsContent(delta)) this.#hasDeltas = true;
    else if (message && !this.#hasDeltas) return message;
    return delta;
  }
}

function holdsContent(delta: Delta): boolean {
  return !!delta.content || isRefused(delta) || callsTools(delta);
}

type Choice = NonNullable<ChatChunk['choices']>[number];
type Delta = NonNullable<Choice['delta']>;

/** One answer is asked for; chunks of a second one are not part of it. */
function firstChoice({ choices }: ChatChunk): Choice | undefined {
  return choices?.find(({ index }) => (index ?? 0) === 0);
}

/**
 * LiteLLM's own mid-stream fallback appends another model's whole answer to the text that was already sent: a second
 * `role` begins, or another `model`. Some servers repeat the role in every chunk, so only a role that comes back after a
 * chunk without one counts.
 */
class TakeoverDetector {
  #model: string | undefined;
  #roleGone = false;

  sees(model: string | null | undefined, delta: Delta | null | undefined): boolean {
    const changed = !!model && this.#model !== undefined && !isSameModel(model, this.#model);
    if (model) this.#model = model;
    if (!delta || (!delta.content && !delta.role && !callsTools(delta))) return changed;
    const cameBack = !!delta.role && this.#roleGone;
    if (!delta.role) this.#roleGone = true;
    return changed || cameBack;
  }
}

/** LiteLLM names the model of a mock with its provider, `anthropic/…`, in the last chunk only. */
function isSameModel(a: string, b: string): boolean {
  return a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);
}
