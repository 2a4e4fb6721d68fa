import type { z } from 'zod';
import { errorInAnswer } from './answer-error.js';
import { invalidResponse } from './invalid-response.js';
import { parseJson } from './parse-json.js';
import { readText } from './read-bytes.js';
import type { ResponseReader } from './request.js';
import type { RequestContext } from './request-context.js';

const DEFAULT_LIMIT_BYTES = 16 * 1024 * 1024;
/** Problems of an answer's shape that an error names. */
const MAX_PROBLEMS = 5;

/**
 * Reads an answer as JSON of one shape.
 * @param schema holds only what is read, so that a field added upstream breaks nothing.
 * @param limitBytes of the answer, decompressed. @default 16 MiB
 * @throws {UpstreamStatusError} when the answer states an error in place of that shape.
 * @throws {InvalidResponseError} when the answer is no JSON, has another shape, or is larger than `limitBytes`. The
 * message names the place that is wrong, never the content.
 */
export function asJson<T>(schema: z.ZodType<T>, limitBytes = DEFAULT_LIMIT_BYTES): ResponseReader<T> {
  return {
    accept: 'application/json',
    read: async ({ body, context }) =>
      parseAnswer(readJson(await readText(body, limitBytes, context), context), schema, context),
  };
}

/** Checks the shape of a parsed answer. @throws as the reader of `asJson` does. */
export function parseAnswer<T>(json: unknown, schema: z.ZodType<T>, context: RequestContext): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const stated = errorInAnswer(json, context);
  if (stated) throw stated;
  const problems = parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'the answer'}: ${code}`);
  throw invalidResponse(`answered in an unexpected shape (${problems.slice(0, MAX_PROBLEMS).join('; ')})`, context);
}

/** @throws {InvalidResponseError} */
export function readJson(text: string, context: RequestContext): unknown {
  try {
    return parseJson(text);
  } catch {
    // Not the parser's message: it quotes the text.
    const what = text === '' ? 'nothing' : 'something that is not JSON';
    throw invalidResponse(`answered with ${what}`, context);
  }
}
