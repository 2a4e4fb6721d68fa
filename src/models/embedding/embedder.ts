import type { Clock } from '../../core/clock.js';
import { isElizaNetError } from '../../core/elizanet-error.js';
import { EmbeddingSpaceMismatchError, InvalidResponseError } from '../../core/errors.js';
import type { FailureKind } from '../../core/failure-rules.js';
import { asJson } from '../../http/as-json.js';
import type { Endpoint } from '../../http/endpoint.js';
import { request } from '../../http/request.js';
import { readVectors } from '../../openai/embedding-vectors.js';
import { embeddingList, type Usage } from '../../openai/schemas.js';
import { type BatchCall, Batcher } from './batcher.js';
import { portionOfUsage, shareUsage } from './share-usage.js';

/** OpenAI accepts 2,048. Larger batches gain little, and a failed request fails all of its texts. */
const MAX_TEXTS = 100;
/** OpenAI accepts 300,000 tokens in one request, and a token is at least one byte. */
const MAX_BYTES = 300_000;
const WINDOW_MS = 5;

export interface Embedding {
  /** The caller's own copy. */
  vector: number[];
  requestId: string;
  /** This text's share of the usage of its batch; undefined when the server reports none. */
  usage?: Usage;
}

export interface EmbedderOptions {
  endpoint: Endpoint;
  /** Names the model's route among the providers. */
  provider: string;
  model: string;
  /** For all requests of a call together, in milliseconds. */
  timeoutMs: number;
  clock: Clock;
  /** Length of the vectors in the agent's store. */
  dimensions(): number;
  /** Called with the number of texts of each request. */
  onBatch?(texts: number): void;
}

interface Reply {
  vectors: (number[] | InvalidResponseError)[];
  requestId: string;
  usage?: Usage | null;
}

/** Embeds texts with one model of one endpoint, in batches, and remembers which request fields the model accepts. */
export class Embedder {
  readonly #batcher: Batcher<Embedding | InvalidResponseError>;
  /** Whether the model accepts `encoding_format: 'base64'`. */
  #base64: 'untried' | 'accepted' | 'refused' = 'untried';
  /** The model's default width is not that of the agent's store, and `dimensions` changes it. */
  #sendsDimensions = false;

  constructor(private readonly options: EmbedderOptions) {
    this.#batcher = new Batcher<Embedding | InvalidResponseError>({
      clock: options.clock,
      maxTexts: MAX_TEXTS,
      maxBytes: MAX_BYTES,
      windowMs: WINDOW_MS,
      send: (texts, call) => this.#send(texts, call),
    });
  }

  /**
   * @throws {EmbeddingSpaceMismatchError} when the model cannot give vectors of the width of the agent's store.
   * @throws {InvalidResponseError} for an answer without a vector for the text.
   * @throws the errors of `postJson`, or the signal's reason.
   */
  async embed(text: string, signal?: AbortSignal): Promise<Embedding> {
    const { value, sharedBy } = await this.#batcher.add(text, signal);
    if (value instanceof Error) throw value;
    if (sharedBy === 1) return value;
    return { ...value, vector: [...value.vector], usage: value.usage && portionOfUsage(value.usage, sharedBy) };
  }

  /** @returns undefined when the texts must be sent in smaller batches. */
  async #send(texts: readonly string[], call: BatchCall) {
    try {
      const reply = await this.#askForWidth(texts, call);
      if (!reply) return undefined;
      const usages = shareUsage(reply.usage, texts);
      return reply.vectors.map((vector, i) =>
        vector instanceof Error ? vector : { vector, requestId: reply.requestId, usage: usages?.[i] },
      );
    } catch (error) {
      if (texts.length > 1 && mayBeOneText(error)) return undefined;
      throw error;
    }
  }

  /** Sends `dimensions` only when the default width is wrong, because not every model accepts the field. */
  async #askForWidth(texts: readonly string[], call: BatchCall): Promise<Reply | undefined> {
    const wanted = this.options.dimensions();
    const isRight = ({ vectors }: Reply) => vectors.every((vector) => (widthOf(vector) ?? wanted) === wanted);
    const first = await this.#askAsBefore(texts, wanted, call);
    if (!first || isRight(first)) return first;
    const second = await this.#ask(texts, wanted, call).catch(onRefusal);
    if (!second || !isRight(second)) throw this.#widthError(second ?? first, wanted);
    this.#sendsDimensions = true;
    return second;
  }

  async #askAsBefore(texts: readonly string[], wanted: number, call: BatchCall): Promise<Reply | undefined> {
    const sends = this.#sendsDimensions;
    try {
      return await this.#ask(texts, sends ? wanted : undefined, call);
    } catch (error) {
      // The model may no longer accept the field; the next request tries without.
      if (sends && isRefusal(error)) this.#sendsDimensions = false;
      throw error;
    }
  }

  async #ask(texts: readonly string[], dimensions: number | undefined, call: BatchCall): Promise<Reply | undefined> {
    if (this.#base64 === 'refused') return this.#post(texts, { dimensions }, call);
    try {
      const reply = await this.#post(texts, { dimensions, encoding_format: 'base64' }, call);
      this.#base64 = 'accepted';
      return reply;
    } catch (error) {
      if (this.#base64 === 'accepted' || !isRefusal(error)) throw error;
      const reply = await this.#post(texts, { dimensions }, call);
      this.#base64 = 'refused';
      return reply;
    }
  }

  /** @returns undefined when the server did not give one vector for each of several texts. */
  async #post(
    texts: readonly string[],
    fields: { dimensions?: number; encoding_format?: 'base64' },
    { signal, startedAt }: BatchCall,
  ): Promise<Reply | undefined> {
    const { endpoint, model, timeoutMs } = this.options;
    this.options.onBatch?.(texts.length);
    const body = { model, input: texts.length === 1 ? texts[0] : texts, ...fields };
    const input = { path: '/v1/embeddings', body, timeoutMs, startedAt, signal };
    const { value, requestId, context } = await request(endpoint, input, asJson(embeddingList));
    const vectors = readVectors(value, texts.length, context);
    if (vectors) return { vectors, requestId, usage: value.usage };
    if (texts.length > 1) return undefined;
    throw new InvalidResponseError(`${endpoint.name} answered one text with ${value.data.length} vectors`, context);
  }

  #widthError({ vectors, requestId }: Reply, wanted: number): EmbeddingSpaceMismatchError {
    const width = vectors.map(widthOf).find((width) => width !== undefined && width !== wanted);
    const { provider, model } = this.options;
    return new EmbeddingSpaceMismatchError(provider, `they have ${width} dimensions, the agent's have ${wanted}`, {
      requestId,
      model,
    });
  }
}

/** @returns undefined for a text without a vector. */
function widthOf(vector: number[] | InvalidResponseError): number | undefined {
  return vector instanceof Error ? undefined : vector.length;
}

/** Kinds of refusal that one text of a batch may have caused. */
const KINDS_OF_ONE_TEXT: readonly FailureKind[] = ['request', 'context_length', 'content_policy'];
/** Kinds that a field of the request may have caused: "not supported for this model" is read as `model_not_found`. */
const KINDS_OF_REFUSAL: readonly FailureKind[] = [...KINDS_OF_ONE_TEXT, 'model_not_found'];

function mayBeOneText(error: unknown): boolean {
  return (isElizaNetError(error) && error.code === 'RESPONSE_TOO_LARGE') || isRefusalOfText(error);
}

/** The server refused a text, for its length, say. After a request of a single text, that one. */
export function isRefusalOfText(error: unknown): boolean {
  return isRefusal(error, KINDS_OF_ONE_TEXT);
}

/** The server understood the request and refused it. It may accept another form of it, unlike a server that failed. */
function isRefusal(error: unknown, kinds = KINDS_OF_REFUSAL): boolean {
  return isElizaNetError(error) && (error.statusCode ?? 0) >= 400 && kinds.includes(error.kind);
}

function onRefusal(error: unknown): undefined {
  if (!isRefusal(error)) throw error;
}
