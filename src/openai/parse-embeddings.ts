import { randomUUID } from 'node:crypto';
import { parseJson } from '../http/parse-json.js';
import { withoutMark } from '../http/read-body.js';
import { type DecodedVector, decodeFloats } from './embedding-vectors.js';

const KEY = '"embedding":';
const QUOTE = 0x22;
const SPACE = 0x20;

/**
 * Parses an answer of `POST /v1/embeddings`. Vectors that came as base64 are decoded where they lie, and only the rest of
 * the JSON goes through the parser: making strings of them, to be thrown away at once, takes longer than all the rest.
 * @returns the JSON, with a `DecodedVector` in place of each vector in base64.
 * @throws {SyntaxError} for what is no JSON.
 */
export function parseEmbeddings(bytes: Buffer): unknown {
  const lifted = new Map<string, DecodedVector>();
  // No text of the answer's own can be taken for one of these places.
  const mark = randomUUID();
  let rest = '';
  let copiedTo = 0;
  const copy = (upTo: number) => {
    rest += bytes.toString('utf8', copiedTo, upTo);
    copiedTo = upTo;
  };
  // Within a string these quotes would be escaped: it is always a key.
  for (let at = bytes.indexOf(KEY); at >= 0; at = bytes.indexOf(KEY, copiedTo)) {
    let start = at + KEY.length;
    if (bytes[start] === SPACE) start++;
    copy(start);
    const end = bytes[start] === QUOTE ? bytes.indexOf(QUOTE, start + 1) : -1;
    const vector = end < 0 ? undefined : decodeFloats(bytes.toString('latin1', start + 1, end));
    if (!vector) continue;
    const place = `${mark} ${lifted.size}`;
    lifted.set(place, vector);
    rest += `"${place}"`;
    copiedTo = end + 1;
  }
  copy(bytes.byteLength);
  const json = parseJson(withoutMark(rest));
  for (const entry of entriesOf(json)) {
    const vector = lifted.get(entry.embedding as string);
    if (vector) entry.embedding = vector;
  }
  return json;
}

function entriesOf(json: unknown): { embedding?: unknown }[] {
  const data = (json as { data?: unknown } | null)?.data;
  return Array.isArray(data) ? data.filter((entry) => typeof entry === 'object' && entry !== null) : [];
}
