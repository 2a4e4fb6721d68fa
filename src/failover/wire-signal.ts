import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { classifyFailure, classifyResponse } from '../core/classify-failure.js';
import { attemptInScope } from './straight-call.js';
import type { RequestEvent } from './wire-tally.js';

type Report = (event: RequestEvent) => void;

/** What undici publishes of a request, as far as it is read: https://undici.nodejs.org/#/docs/api/DiagnosticsChannel */
interface UndiciMessage {
  request: { method: string; path: string; origin?: string | URL };
  response?: { statusCode: number; headers: (Buffer | string)[] };
  error?: unknown;
}

/** The undici requests that count, each with the function that reports its events. */
const reports = new WeakMap<object, Report>();

/**
 * Requests that look up models. They say nothing about the call: plugin-ollama makes one before each call, and a server
 * that lists its models can be too busy to run one.
 */
const PREFLIGHT_PATH = /\/(?:models|api\/(?:show|tags|pull))(?:[?#]|$)/;

/** What is put on once for all runtimes that use it. */
class Tap {
  #users = 0;
  #takeOff: (() => void) | undefined;

  constructor(private readonly putOn: () => () => void) {}

  /** @returns how to give it up; twice does no more. */
  use(): () => void {
    this.#users++;
    this.#takeOff ??= this.putOn();
    let used = true;
    return () => {
      if (!used) return;
      used = false;
      if (--this.#users > 0) return;
      this.#takeOff?.();
      this.#takeOff = undefined;
    };
  }
}

const requests = new Tap(() => (process.versions.bun ? wrapFetch() : subscribeToUndici()));
/** Node 24 and later publish it. */
const bodies = new Tap(() => {
  const listener = (message: unknown) => reports.get((message as UndiciMessage).request)?.('bytes');
  subscribe('undici:request:bodyChunkReceived', listener);
  return () => void unsubscribe('undici:request:bodyChunkReceived', listener);
});

/** Bun only: the fetch that is wrapped, and its wrapper. */
let fetches: { original: typeof fetch; wrapped: typeof fetch } | undefined;

/**
 * Listens to how the HTTP requests made inside attempts end, from now until the returned function is called. A primary
 * retries for seconds before it admits a failure; on the wire it shows at once. Of a request its host, path, status,
 * error code, and the response headers that classify a failure are read; the path is not kept.
 *
 * Node publishes them (`undici:request:*`, for the built-in fetch and for npm's undici). Bun does not: there
 * `globalThis.fetch` is wrapped in a function that passes everything through.
 * @param watchBodies also tells when bytes of a good response arrive: a stream of tool calls shows nothing else. Where
 * the runtime does not publish that, the beginning of the response is all that is known.
 */
export function installWireSignal(watchBodies: boolean): () => void {
  const giveUp = [requests.use(), ...(watchBodies ? [bodies.use()] : [])];
  return () => {
    for (const end of giveUp) end();
  };
}

/** The observed version of a `fetch` that was kept from before the install. On Node, which needs none, the same function. */
export function observedFetch<T>(kept: T): T | typeof fetch {
  return fetches && kept === (fetches.original as unknown) ? fetches.wrapped : kept;
}

/** Adds a request to the tally of its attempt. @returns what to call with its outcome; undefined when it does not count. */
function beginInScope(host: string, path: string): Report | undefined {
  return PREFLIGHT_PATH.test(path) ? undefined : attemptInScope()?.wire?.begin(host);
}

function subscribeToUndici(): () => void {
  const listeners: [string, (message: UndiciMessage) => void][] = [
    [
      'undici:request:create',
      ({ request }) => {
        // CONNECT opens the tunnel of a proxy; if that fails, the request that waits for it reports the failure.
        if (request.method === 'CONNECT') return;
        const report = beginInScope(String(request.origin ?? ''), request.path);
        if (report) reports.set(request, report);
      },
    ],
    [
      'undici:request:headers',
      ({ request, response }) => {
        const report = reports.get(request);
        // 1xx come ahead of the response.
        if (report && response && response.statusCode >= 200)
          report(eventOf(response.statusCode, pairs(response.headers)));
      },
    ],
    ['undici:request:error', ({ request, error }) => reports.get(request)?.(classifyFailure(error, Date.now()))],
  ];
  for (const [channel, listener] of listeners) subscribe(channel, listener as (message: unknown) => void);
  return () => {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener as (message: unknown) => void);
  };
}

function wrapFetch(): () => void {
  const original = globalThis.fetch;
  const passThrough = (...args: Parameters<typeof fetch>): Promise<Response> => {
    const [input] = args;
    const url = input instanceof Request ? input.url : String(input);
    const report = beginInScope(hostOf(url), url);
    const response = original(...args);
    if (report) {
      response.then(
        (answer) => {
          // A replaced `fetch` may return a simpler object.
          if (!(answer instanceof Response)) return report('ok');
          report(eventOf(answer.status, Object.fromEntries(answer.headers)));
          watchBody(answer, report);
        },
        (error) => report(classifyFailure(error, Date.now())),
      );
    }
    return response;
  };
  const wrapped: typeof fetch = Object.assign(passThrough, original);
  globalThis.fetch = wrapped;
  fetches = { original, wrapped };
  return () => {
    fetches = undefined;
    // If another wrapper was installed later, ours stays inside it and passes everything through.
    if (globalThis.fetch === wrapped) globalThis.fetch = original;
  };
}

/**
 * On Bun only the reader of a body learns that it broke off. SDKs read it in one of these ways. A body that is piped
 * elsewhere is not watched: it is a stream whose first chunks have arrived.
 */
function watchBody(response: Response, report: Report): void {
  const watched = <T>(reading: Promise<T>): Promise<T> => {
    reading.catch((error) => report(classifyFailure(error, Date.now())));
    return reading;
  };
  for (const name of ['arrayBuffer', 'blob', 'json', 'text'] as const) {
    const read = response[name].bind(response) as () => Promise<unknown>;
    Object.defineProperty(response, name, { value: () => watched(read()), configurable: true, writable: true });
  }
  const body = () => {
    const stream: Response['body'] = Reflect.get(Response.prototype, 'body', response);
    if (stream && !Object.hasOwn(stream, 'getReader')) {
      const getReader = stream.getReader.bind(stream) as (...args: unknown[]) => ReadableStreamDefaultReader;
      const value = (...args: unknown[]) => {
        const reader = getReader(...args);
        watched(reader.closed);
        return reader;
      };
      Object.defineProperty(stream, 'getReader', { value, configurable: true, writable: true });
    }
    return stream;
  };
  // Made a stream only when it is asked for: the ways above are faster without.
  Object.defineProperty(response, 'body', { get: body, configurable: true });
}

/** A redirect decides nothing: the request that follows it does. The body of a good response may still break off. */
function eventOf(statusCode: number, headers: Record<string, string>): RequestEvent {
  if (statusCode < 400) return statusCode < 300 ? 'ok' : 'redirected';
  return classifyResponse({ status: statusCode, headers }, Date.now());
}

/** undici publishes raw headers: name, value, name, value. */
function pairs(raw: (Buffer | string)[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) headers[String(raw[i]).toLowerCase()] = String(raw[i + 1]);
  return headers;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
