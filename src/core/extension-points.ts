import type { Failure, FailureKind } from './failure-rules.js';

/** What every extension has. */
export interface Extension {
  /** What log lines and errors call it. */
  name: string;
  /**
   * What happens when it throws, takes too long or returns something unusable: `skip` goes on as if it were not there,
   * `fail` fails the call with an `ExtensionError` and asks no further provider. Either way a log line names it.
   * @default 'skip'
   */
  onError?: 'skip' | 'fail';
}

/** An extension that may return a promise. */
export interface AsyncExtension extends Extension {
  /** The longest time it may take, in milliseconds. Its result is ignored after that. @default 1000 */
  timeoutMs?: number;
}

/** The provider that was asked, and for what. */
export interface ProviderCall {
  /** Such as `openai`; ElizaNet is `elizanet-fallback`. */
  provider: string;
  /** The type that the provider was asked for, such as `TEXT_LARGE`. */
  modelType: string;
}

/** What a classifier says about a failure. */
export interface FailureVerdict {
  /** Decides whether the call fails over and whether the circuit opens; see `FAILURE_RULES`. @default unchanged */
  kind?: FailureKind;
  /** How long the provider is not asked, when its circuit opens; in milliseconds. @default unchanged */
  retryAfterMs?: number;
}

/** Recognises errors of providers. Not asynchronous: whether a call fails over is decided at once. */
export interface FailureClassifier extends Extension {
  /**
   * Is called with every error that ends an attempt of a provider, ElizaNet included.
   * @param call with the failure as the plugin and the classifiers before this one have classified it.
   * @returns what is to be changed; undefined to leave it.
   */
  classify(error: unknown, call: ProviderCall & { failure: Readonly<Failure> }): FailureVerdict | undefined;
}

/** Recognises results that are no answers. Streams are delivered as they come, so they are not checked. */
export interface ResultCheck extends AsyncExtension {
  /**
   * Is called with every whole result of a provider, ElizaNet included, that the plugin takes for an answer.
   * @returns false for a result that is no answer: it counts as a failure of the kind `disguised`, and fails over.
   */
  check(result: unknown, call: ProviderCall & { params: unknown }): boolean | Promise<boolean>;
}

/** The body of a request to ElizaNet, as JSON values. */
export type JsonBody = Record<string, unknown> & { model: string };

/** Changes requests to ElizaNet just before they are sent. */
export interface RequestTransform extends AsyncExtension {
  /**
   * Is called with every JSON body, also when a request is asked again without what the model refused. A transcription is
   * sent as a form, which is not passed.
   * @param body a copy, which may be changed.
   * @param request its path, such as `/v1/chat/completions`.
   * @returns the body to send. Leave `stream` as it is.
   */
  transform(body: JsonBody, request: { path: string }): JsonBody | Promise<JsonBody>;
}

/** Changes what ElizaNet has answered before it is returned. Streams are delivered as they come, so they are not passed. */
export interface ResponseProcessor extends AsyncExtension {
  /**
   * Is called with every whole answer of ElizaNet, after the plugin has checked it; also with one from the cache.
   * @param value of the shape that the model type has: a string, an object, a vector, a list of images. Must not be changed.
   * @returns the value to return, of the same shape.
   */
  process(value: unknown, operation: { modelType: string; model: string }): unknown;
}

/** Something a call may need of a model beside text. */
export type Need = 'vision' | 'tools' | 'schema';

/** One of this plugin's endpoints with one model, as a router sees it. */
export interface RouteState {
  /** Such as `elizanet-fallback-2`, or `elizanet-fallback (gpt-4.1)` for a further model of a list. */
  readonly name: string;
  /** Its endpoint: `elizanet-fallback`, `elizanet-fallback-2` … */
  readonly endpoint: string;
  readonly model: string;
  /** Of its circuit for this model type; or `isolated`, by the service. Neither it nor one that is open is asked in its turn. */
  readonly state: 'closed' | 'open' | 'half-open' | 'isolated';
  /** Requests to the endpoint that are under way. */
  readonly inFlight: number;
  /** Average time to a first output of this model type, in milliseconds. Undefined without one in the last five minutes. */
  readonly waitMs: number | undefined;
}

/** A call that goes to this plugin's endpoints. */
export interface RoutedCall {
  /** Such as `TEXT_LARGE`. */
  readonly modelType: string;
  readonly needs: readonly Need[];
  /** Of the prompt, in UTF-8; 0 for types without one. */
  readonly promptBytes: number;
  /** At least two, in the order of `ELIZANET_STRATEGY`. */
  readonly routes: readonly RouteState[];
}

/** Orders this plugin's endpoints for one call. Not asynchronous: the next endpoint is asked at once. */
export interface Router extends Extension {
  /**
   * Is called when a call comes to the first endpoint, if there are several; not while a primary answers.
   * @returns names of routes, the first to be asked first. Those left out follow in their order, and names of no route
   * are ignored. Undefined leaves the order as it is.
   */
  route(call: RoutedCall): readonly string[] | undefined;
}

/**
 * The extensions as the plugin calls them, each undefined when there is none of its kind.
 * All throw an `ExtensionError` when an extension with `onError: 'fail'` is at fault.
 */
export interface ExtensionHooks {
  /** @returns the failure as the classifiers want it. */
  classify?(failure: Failure, error: unknown, call: ProviderCall): Failure;
  /** @returns the name of the first check that refuses the result; undefined when all accept it. */
  checkResult?(result: unknown, call: ProviderCall & { params: unknown }): Promise<string | undefined>;
  transforms?: BodyTransforms;
  /** @returns the names of routes in the order in which they are asked; undefined to leave it. */
  route?(call: RoutedCall): readonly string[] | undefined;
  processResponse?(value: unknown, operation: { modelType: string; model: string }): Promise<unknown>;
}

export interface BodyTransforms {
  /** Of the extensions, in order. */
  names: readonly string[];
  /** @returns the body to send; the given one is not changed. */
  apply(body: JsonBody, request: { path: string }): Promise<JsonBody>;
}
