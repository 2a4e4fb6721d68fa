import type { z } from 'zod';
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
 * @throws {InvalidResponseError} when the answer is no JSON, has another shape, or is larger than `limitBytes`. The
 * message names the place that is wrong, never the content.
 */
export function asJson<T>(schema: z.ZodType<T>, limitBytes = DEFAULT_LIMIT_BYTES): ResponseReader<T> {
  return {
    accept: 'application/json',
    read: async ({ body, context }) => parseAnswer(await readText(body, limitBytes, context), schema, context),
  };
}

function parseAnswer<T>(text: string, schema: z.ZodType<T>, context: RequestContext): T {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    // Not the parser's message: it quotes the text.
    const what = text === '' ? 'nothing' : 'something that is not JSON';
    throw invalidResponse(`answered with ${what}`, context);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'the answer'}: ${code}`);
  throw invalidResponse(`answered in an unexpected shape (${problems.slice(0, MAX_PROBLEMS).join('; ')})`, context);
}
