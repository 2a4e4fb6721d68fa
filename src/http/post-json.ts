import type { z } from 'zod';
import { InvalidResponseError } from '../core/errors.js';
import type { Endpoint } from './endpoint.js';
import { type ExchangeInput, type ExchangeResult, exchange } from './exchange.js';
import { parseJson } from './parse-json.js';
import { readBytes, textOf } from './read-body.js';
import type { RequestContext } from './send.js';

export const RESPONSE_LIMIT_BYTES = 16 * 1024 * 1024;

export interface PostJsonInput<T> extends Pick<ExchangeInput, 'timeoutMs' | 'startedAt' | 'signal'> {
  path: string;
  /** Built field by field by the caller; params of a user are never spread into it. */
  body: Record<string, unknown> & { model: string };
  /** Holds only what is read, so that an addition upstream breaks nothing. */
  schema: z.ZodType<T>;
  limitBytes?: number;
  /** Parses the answer; what it throws counts as no JSON. @default JSON.parse */
  parse?: (bytes: Buffer) => unknown;
}

/**
 * Posts JSON and returns the validated answer.
 * @throws what `send` throws, and
 * @throws {InvalidResponseError} when the answer is not JSON or not of the schema's shape; names the place, never the content.
 * @throws {InvalidResponseError} when it passes `limitBytes`, decompressed.
 */
export async function postJson<T>(
  endpoint: Endpoint,
  { body, ...input }: PostJsonInput<T>,
): Promise<ExchangeResult<T>> {
  return postForJson(endpoint, { ...input, body: JSON.stringify(body), model: body.model });
}

export interface PostFormInput<T> extends Omit<PostJsonInput<T>, 'body'> {
  /** Fields and files, `model` among them. */
  form: FormData;
}

/** Posts a multipart form and returns the validated answer, as `postJson` does. */
export async function postForm<T>(
  endpoint: Endpoint,
  { form, ...input }: PostFormInput<T>,
): Promise<ExchangeResult<T>> {
  const encoded = new Response(form);
  // Before the body is read: Bun forgets it afterwards.
  const contentType = encoded.headers.get('content-type') ?? undefined;
  const body = new Uint8Array(await encoded.arrayBuffer());
  return postForJson(endpoint, { ...input, body, contentType, model: String(form.get('model')) });
}

type PostForJsonInput<T> = Omit<PostJsonInput<T>, 'body'> & Pick<ExchangeInput, 'body' | 'contentType' | 'model'>;

function postForJson<T>(endpoint: Endpoint, input: PostForJsonInput<T>): Promise<ExchangeResult<T>> {
  const { schema, limitBytes = RESPONSE_LIMIT_BYTES, parse = parseText, ...request } = input;
  return exchange(endpoint, { ...request, accept: 'application/json' }, async (response, context) =>
    parseAnswer(await readBytes(response.body, limitBytes, context), parse, schema, context),
  );
}

function parseText(bytes: Buffer): unknown {
  return parseJson(textOf(bytes));
}

/** @throws {InvalidResponseError} */
function parseAnswer<T>(
  bytes: Buffer,
  parse: (bytes: Buffer) => unknown,
  schema: z.ZodType<T>,
  context: RequestContext,
): T {
  let json: unknown;
  try {
    json = parse(bytes);
  } catch {
    // The parser's message quotes the text it stumbled over.
    const what = bytes.byteLength === 0 ? 'nothing' : 'something that is not JSON';
    throw new InvalidResponseError(`ElizaNet answered with ${what}`, context);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the answer'}: ${issue.code}`);
  throw new InvalidResponseError(
    `ElizaNet answered in an unexpected shape (${problems.slice(0, 5).join('; ')})`,
    context,
  );
}
