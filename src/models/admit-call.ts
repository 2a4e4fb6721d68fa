import type { Needs } from '../chain/abilities.js';
import type { Link } from '../chain/link.js';
import { modelOf, type Route, type Routes } from '../chain/routes.js';
import { routeInScope } from '../core/attempt-scope.js';
import { isElizaNetError } from '../core/elizanet-error.js';
import { ElizaNetUnavailableError, UpstreamStatusError } from '../core/errors.js';
import { type CallNeeds, needsOf } from './call-needs.js';
import type { ModelContext } from './context.js';
import { refusalWords } from './dialect/refusal-words.js';
import { encodeText } from './tokenizer/encoders.js';
import { DEFAULT_ENCODING, encodingOf } from './tokenizer/encoding-name.js';

/** The endpoints of one agent, as the handlers see them. */
export interface ModelChain {
  readonly routes: Routes;
  linkOf(route: Route): Link;
  contextOf(route: Route): ModelContext;
  /** The circuit of the route is open for this type, or the route is isolated. */
  isClosedOff(route: Route, modelType: string): boolean;
}

/**
 * Serves a call by the route of the running attempt, or by the first route that serves its type. The route is passed over
 * when another one is known to serve the call better. What comes of the call is learned
 * from. A prompt that is too long for the small model goes to the large one, if that has a larger window.
 * @param serve calls the handler.
 * @throws {ElizaNetUnavailableError} with the code `ENDPOINT_SKIPPED` when the route is passed over.
 * @throws what `serve` throws.
 */
export async function serveAdmitted<R>(
  chain: ModelChain,
  modelType: string,
  params: unknown,
  serve: (context: ModelContext) => Promise<R>,
): Promise<R> {
  const inScope = routeInScope();
  const route = (inScope && chain.routes.get(inScope.name)) ?? chain.routes.of(modelType)[0];
  const model = route && modelOf(route, modelType);
  // Tokenizers, and types that are not served: the handler says so.
  if (!route || model === undefined) return serve(chain.contextOf(route ?? (chain.routes.all[0] as Route)));
  const call = needsOf(modelType, params);
  const used = await choose(chain, route, modelType, call, inScope?.forced ?? true);
  const usedModel = modelOf(used, modelType) ?? model;
  const { abilities } = chain.linkOf(used);
  try {
    const result = await serve(chain.contextOf(used));
    abilities.served(usedModel, call);
    return result;
  } catch (error) {
    learnRefusal(chain.linkOf(used), usedModel, call, params, error);
    throw error;
  }
}

/** @param forced the route is used in any case. */
async function choose(
  chain: ModelChain,
  route: Route,
  modelType: string,
  call: CallNeeds,
  forced: boolean,
): Promise<Route> {
  const all = chain.routes.of(modelType);
  const larger = largerRoute(route, modelType);
  for (const { abilities } of all.map((other) => chain.linkOf(other))) abilities.refreshWhenOld();
  const candidates = larger ? [...all, larger] : all;
  const needs: Needs = {
    needs: call.needs,
    bytes: call.bytes,
    tokens: await countTokens(chain, candidates, modelType, call),
  };
  const judge = (other: Route) => chain.linkOf(other).abilities.judge(modelOf(other, modelType) as string, needs);
  const own = judge(route);
  if (own.isGood) return route;
  if (larger && own.worst.aspect === 'length' && own.yieldsTo(judge(larger))) return larger;
  if (forced) return route;
  const better = all.some(
    (other) => other !== route && !chain.isClosedOff(other, modelType) && own.yieldsTo(judge(other)),
  );
  if (!better) return route;
  throw ElizaNetUnavailableError.skipped(chain.linkOf(route).endpoint.name, modelType, own.worst.reason ?? '', true);
}

/** By route, since a copy of all settings for each call would cost more than the rest of this module. */
const largerRoutes = new WeakMap<Route, Route>();

/** The same endpoint with its large model in the place of the small one. */
function largerRoute(route: Route, modelType: string): Route | undefined {
  const { ELIZANET_LARGE_MODEL: large, ELIZANET_SMALL_MODEL: small } = route.config;
  if (!modelType.endsWith('_SMALL') || large === small) return undefined;
  const known = largerRoutes.get(route);
  if (known) return known;
  const larger: Route = { ...route, config: { ...route.config, ELIZANET_SMALL_MODEL: large } };
  largerRoutes.set(route, larger);
  return larger;
}

/** Counts the tokens of a prompt that may be too long for one of the models; undefined when that is not needed. */
async function countTokens(
  chain: ModelChain,
  routes: readonly Route[],
  modelType: string,
  { text, bytes }: CallNeeds,
): Promise<number | undefined> {
  const near = routes.find((route) =>
    chain.linkOf(route).abilities.mayBeTooLong(modelOf(route, modelType) as string, bytes),
  );
  // A longer one is refused by the handler.
  if (!near || text.length > near.config.ELIZANET_MAX_INPUT_LENGTH) return undefined;
  const encoding = encodingOf(modelOf(near, modelType) as string) ?? DEFAULT_ENCODING;
  try {
    return (await encodeText(encoding, text)).length;
  } catch {
    // Without its tokenizer the length is not known.
    return undefined;
  }
}

const VISION_WORDS = /\bimages?\b|image_url|vision|multi-?modal/;
const TOOL_WORDS = /\btools?\b|tool_choice|function.call/;
const REFUSING_STATUSES: readonly (number | undefined)[] = [400, 404, 415, 422];

/** Remembers what a model has refused: its own words decide, not those that it quotes of the call. */
function learnRefusal({ abilities }: Link, model: string, call: CallNeeds, params: unknown, error: unknown): void {
  if (!isElizaNetError(error)) return;
  if (error.kind === 'context_length' && call.bytes > 0) abilities.refusedLength(model, call.bytes);
  if (error.kind === 'model_not_found') abilities.refused(model, 'model');
  if (!(error instanceof UpstreamStatusError) || !REFUSING_STATUSES.includes(error.statusCode)) return;
  if (call.needs.length === 0) return;
  const words = refusalWords(error.upstreamMessage, params);
  if (call.needs.includes('vision') && VISION_WORDS.test(words)) abilities.refused(model, 'vision');
  else if (call.needs.includes('tools') && TOOL_WORDS.test(words)) abilities.refused(model, 'tools');
}
