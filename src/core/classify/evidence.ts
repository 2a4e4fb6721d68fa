import { parseRateLimitReset, parseRetryAfter, parseStatedWait } from '../retry-after.js';
import { type Clause, clausesOf } from './clauses.js';
import { type Foreign, firstItems, identifier, isArray, isForeign, read, textOf } from './foreign.js';
import { PATTERNS } from './patterns.js';
import { readHeaders } from './read-headers.js';
import { readLiteral } from './read-literal.js';
import { unwrapMessage } from './unwrap-message.js';

/** Characters of one message or body that are read. */
const MAX_TEXT_CHARS = 10_000;
/** Bodies inside bodies that are read, and their depth: a gateway prints its upstream's body into its own message. */
const MAX_BODIES = 200;
const MAX_DEPTH = 16;
const MAX_ITEMS = 8;
const MAX_CODES = 40;
const MAX_CODE_CHARS = 200;
const MAX_CLAUSES = 60;

/** Something that names the failure. */
export interface Code {
  value: string;
  /** A `type` is less reliable than a `code`: LiteLLM's may belong to another status. */
  from: 'code' | 'type' | 'name';
  /** Read from the text of a message, which may quote the request. */
  isFromText: boolean;
}

/** Where a value was found. */
interface Place {
  isFromText: boolean;
  depth: number;
}

const OUTERMOST: Place = { isFromText: false, depth: 0 };
const FROM_TEXT: Place = { isFromText: true, depth: 0 };
const STATUS_KEYS = ['statusCode', 'status', 'code', 'status_code', 'httpStatusCode'];
const CODE_KEYS = ['code', 'Code', 'reason', '__type'];
const MESSAGE_KEYS = ['message', 'Message', 'msg', 'detail', 'error_description', 'errorMessage'];
const NESTED_KEYS = ['message', 'detail', 'innererror', 'inner_error'];
const REQUEST_ID_KEYS = ['requestId', 'request_id', 'requestID'];
/** With the milliseconds of one unit. */
const WAIT_KEYS = [
  ['retry_after_ms', 1],
  ['retryAfterMs', 1],
  ['retryDelay', 1000],
  ['retry_after', 1000],
  ['retryAfter', 1000],
  ['retry_after_seconds', 1000],
  ['resets_in_seconds', 1000],
] as const;

/** What an error, and the errors it refers to, state about its cause. Where only one value is kept, the nearest counts. */
export class Evidence {
  /** HTTP status of the response. */
  status: number | undefined;
  /** The status that a body states. */
  bodyStatus: number | undefined;
  /** The status that the text of a message states, and the words that state it. */
  textStatus: { status: number; words: string } | undefined;
  readonly codes: Code[] = [];
  readonly clauses: Clause[] = [];
  /** The response was a web page, so it was sent by a gateway and not by the API. */
  isPage = false;
  /** The status was 2xx and the body not what the API promises. */
  isUnreadable = false;
  /** The wait that a header or a body states, in milliseconds. */
  waitMs: number | undefined;
  /** The time until limits that are used up are reset, by their headers, in milliseconds. */
  resetMs: number | undefined;
  /** Google's QuotaFailure: the longest period whose quota was exceeded. */
  period: 'minute' | 'day' | undefined;
  requestId: string | undefined;
  /** Parts of the request that the error carries. */
  readonly requests: unknown[] = [];

  #bodyCount = 0;

  constructor(private readonly nowMs: number) {}

  addNode(node: Foreign): void {
    const response = read(node, 'response');
    const metadata = read(node, '$metadata');
    this.status ??= statusIn(node) ?? statusIn(response) ?? statusIn(metadata);
    this.#addCode(read(node, 'name'), 'name');
    const statusCode = read(node, 'statusCode');
    this.isUnreadable ||=
      read(node, 'name') === 'AI_APICallError' && typeof statusCode === 'number' && statusCode < 300;
    for (const holder of [node, response, read(node, '$response'), read(node, 'rawResponse')])
      this.#addHeadersOf(holder);
    this.#addRecord(node, OUTERMOST);
    for (const key of ['data', 'responseBody', 'body', 'errorDetails']) this.addBody(read(node, key));
    for (const key of ['data', 'body', 'error']) this.addBody(read(response, key));
    this.requestId ??= requestIdIn(metadata);
    const config = read(node, 'config');
    this.requests.push(read(node, 'requestBodyValues'), read(node, 'url'), read(config, 'data'), read(config, 'url'));
  }

  /** @param body text, or parsed. */
  addBody(body: unknown, place: Place = OUTERMOST): void {
    if (body === undefined || body === null || place.depth > MAX_DEPTH || ++this.#bodyCount > MAX_BODIES) return;
    const inside = { ...place, depth: place.depth + 1 };
    const text = textOf(body, MAX_TEXT_CHARS);
    if (text !== undefined) {
      const literal = readLiteral(text);
      if (literal === undefined) this.#addMessage(text, inside);
      else this.addBody(literal, inside);
    } else if (isArray(body)) {
      for (const item of firstItems(body, MAX_ITEMS)) this.addBody(item, inside);
    } else if (isForeign(body)) {
      const status = statusIn(body);
      if (!place.isFromText) this.bodyStatus ??= status;
      else if (status !== undefined) this.textStatus ??= { status, words: `code ${status}` };
      this.#addRecord(body, inside);
    }
  }

  #addRecord(record: Foreign, place: Place): void {
    for (const key of CODE_KEYS) this.#addCode(read(record, key), 'code', place);
    for (const key of ['type', 'status']) this.#addCode(read(record, key), 'type', place);
    this.#addWaits(record);
    this.#addDetails(read(record, 'details'), place);
    this.#addMetadata(read(record, 'metadata'), place);
    this.requestId ??= requestIdIn(record);
    for (const key of MESSAGE_KEYS) {
      const text = textOf(read(record, key), MAX_TEXT_CHARS);
      if (text !== undefined) this.#addMessage(text, place);
    }
    this.addBody(read(record, 'error'), place);
    for (const key of NESTED_KEYS) if (isForeign(read(record, key))) this.addBody(read(record, key), place);
    // A node's own `errors` are nodes.
    if (place.depth > 0) this.addBody(read(record, 'errors'), place);
  }

  #addMessage(text: string, place: Place): void {
    const { status, names, body, words } = unwrapMessage(text, this.status);
    this.textStatus ??= status;
    for (const name of names) this.#addCode(name, 'code', FROM_TEXT);
    if (body !== undefined) this.addBody(body, { isFromText: true, depth: place.depth + 1 });
    if (PATTERNS.html.test(words)) this.isPage = true;
    else if (this.clauses.length < MAX_CLAUSES) this.clauses.push(...clausesOf(words));
  }

  #addCode(value: unknown, from: Code['from'], { isFromText }: Place = OUTERMOST): void {
    const code = textOf(value, MAX_CODE_CHARS);
    if (code && this.codes.length < MAX_CODES && !PATTERNS.number.test(code))
      this.codes.push({ value: code, from, isFromText });
  }

  #addHeadersOf(holder: unknown): void {
    for (const key of ['responseHeaders', 'headers']) this.addHeaders(read(holder, key));
  }

  addHeaders(headers: unknown): void {
    if (!isForeign(headers)) return;
    const values = readHeaders(headers);
    this.waitMs ??= parseRetryAfter(headers, this.nowMs);
    this.resetMs ??= parseRateLimitReset(headers, this.nowMs);
    this.#addCode(values.get('x-amzn-errortype'), 'code');
    if (values.get('content-type')?.toLowerCase().includes('text/html')) this.isPage = true;
  }

  #addWaits(record: Foreign): void {
    for (const [key, unitMs] of WAIT_KEYS) this.waitMs ??= parseStatedWait(read(record, key), unitMs);
  }

  /** Google's error details: https://cloud.google.com/apis/design/errors#error_details */
  #addDetails(details: unknown, place: Place): void {
    for (const detail of firstItems(details, MAX_ITEMS)) {
      if (!isForeign(detail)) continue;
      this.#addCode(read(detail, 'reason'), 'code', place);
      this.#addWaits(detail);
      this.#addPeriod(read(read(detail, 'metadata'), 'quota_limit'));
      for (const violation of firstItems(read(detail, 'violations'), MAX_ITEMS)) {
        for (const key of ['quotaId', 'quotaMetric']) this.#addPeriod(read(violation, key));
      }
    }
  }

  #addPeriod(quota: unknown): void {
    const name = textOf(quota, MAX_CODE_CHARS) ?? '';
    if (PATTERNS.dayPeriod.test(name)) this.period = 'day';
    else if (PATTERNS.minutePeriod.test(name)) this.period ??= 'minute';
  }

  /** OpenRouter's metadata: its upstream's response, or the reasons of its moderation. */
  #addMetadata(metadata: unknown, place: Place): void {
    if (!isForeign(metadata)) return;
    if (isArray(read(metadata, 'reasons')) && read(metadata, 'flagged_input') !== undefined) {
      this.#addCode('moderation_blocked', 'code', place);
    }
    this.#addWaits(metadata);
    this.addHeaders(read(metadata, 'headers'));
    this.addBody(read(metadata, 'raw'), { isFromText: true, depth: place.depth + 1 });
  }
}

/** A status from 400 to 599. */
function statusIn(holder: unknown): number | undefined {
  for (const key of STATUS_KEYS) {
    const value = read(holder, key);
    const status = typeof value === 'string' && PATTERNS.statusText.test(value) ? Number(value) : value;
    if (typeof status === 'number' && status >= 400 && status < 600) return status;
  }
  return undefined;
}

function requestIdIn(holder: unknown): string | undefined {
  for (const key of REQUEST_ID_KEYS) {
    const id = identifier(read(holder, key));
    if (id !== undefined) return id;
  }
  return undefined;
}
