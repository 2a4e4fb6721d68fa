import { UpstreamStatusError } from '../../core/errors.js';
import type { FailureKind } from '../../core/failure-rules.js';
import type { ModelContext } from '../context.js';
import { refusalMemory } from './refusal-memory.js';
import { refusalWords } from './refusal-words.js';

/** What can be left out of one kind of request, and how upstreams refuse it. A feature is a field, or a use of one. */
export interface Dialect<Request> {
  /** @returns the request without the features that are refused. */
  adapt(request: Request, isRefused: (feature: string) => boolean): Request;
  /**
   * The features that a refusal is about. Only features that were sent.
   * @param words the upstream's own, in lower case.
   * @param sent the request that was refused, as `adapt` returned it.
   * @param request what `adapt` was given.
   */
  refusedFeatures(words: string, sent: Request, request: Request): readonly string[];
}

/** Servers name one feature per refusal. After this many the request is given up. */
const MAX_REFUSALS = 6;

/** Statuses and kinds of failure under which a feature is refused; other failures have causes of their own. */
const REFUSING_STATUSES: readonly (number | undefined)[] = [400, 422];
const REFUSING_KINDS: readonly FailureKind[] = ['request', 'model_not_found'];
/** Groq: the model's answer was not JSON, or did not match the schema. The message quotes the answer. */
export const GENERATION_FAILED = /json_validate_failed|failed to (?:generate|validate) json/i;
/**
 * Refusals of tools under other statuses. LiteLLM answers 500 with the words of Python's TypeError for a model without a chat
 * API, and passes on OpenRouter's 404.
 */
const TOOLS_REFUSED = /unexpected keyword argument '(?:tools|tool_choice)'|no endpoints found that support tool use/i;

/**
 * Sends a request without the features that its model does not support: those that are known, and those that the
 * upstream refuses with a 400 or 422 that names them. Each refusal is followed by a request without the feature. A feature
 * is remembered for the model only after a request without it has succeeded. Nothing is guessed from model names, since a
 * LiteLLM alias can stand for any model.
 * @param send sends the body that it is given.
 * @throws the error of `send`, when it is not a refusal or nothing else can be left out.
 */
export async function askInDialect<Request extends { model: string }, T>(
  { endpoint, observer }: Pick<ModelContext, 'endpoint' | 'observer'>,
  dialect: Dialect<Request>,
  request: Request,
  send: (request: Request) => Promise<T>,
): Promise<T> {
  const { model } = request;
  const memory = refusalMemory(endpoint, model);
  const omitted = new Set<string>();
  const unproven = new Set<string>();
  let last: { words: string; features: readonly string[]; requestId?: string } | undefined;
  for (let refusals = 0; ; refusals++) {
    const sent = dialect.adapt(request, (feature) => omitted.has(feature) || memory.has(feature));
    try {
      const answer = await send(sent);
      const added = memory.add([...omitted].filter((feature) => !unproven.has(feature)));
      if (added.length > 0) {
        observer.tell({ type: 'dialect_learned', model, refused: added.map(nameOf), requestId: last?.requestId });
      }
      return answer;
    } catch (error) {
      if (!isRefusal(error) || refusals === MAX_REFUSALS) throw error;
      const words = refusalWords(error.upstreamMessage, request);
      // The same refusal names what it was not sent: it is about something else.
      if (words === last?.words) for (const name of last.features) if (words.includes(name)) unproven.add(name);
      const features = dialect.refusedFeatures(words, sent, request);
      if (features.length === 0) throw error;
      for (const feature of features) omitted.add(feature);
      last = { words, features, requestId: error.requestId };
    }
  }
}

function isRefusal(error: unknown): error is UpstreamStatusError {
  if (!(error instanceof UpstreamStatusError)) return false;
  if (TOOLS_REFUSED.test(error.upstreamMessage)) return true;
  if (!REFUSING_STATUSES.includes(error.statusCode)) return false;
  // The kind may come from words of the quoted answer.
  return REFUSING_KINDS.includes(error.kind) || GENERATION_FAILED.test(error.upstreamMessage);
}

/** A feature's first line is its name; more lines tell one use of it from another. */
function nameOf(feature: string): string {
  return feature.split('\n')[0] ?? '';
}
