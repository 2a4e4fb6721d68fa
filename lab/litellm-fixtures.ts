import { readdirSync, readFileSync } from 'node:fs';
import { response } from './raw-server.js';

const DIRECTORY = new URL('../__tests__/fixtures/litellm/', import.meta.url);

/** The content of a fixture that ends in `.json`. One that ends in `.sse` is the body of a stream with status 200. */
export interface RecordedReply {
  request: string;
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** The names of the fixtures with this ending. */
export function fixtureNames(end: string): string[] {
  return readdirSync(DIRECTORY).filter((name) => name.endsWith(end));
}

export function readReply(name: string): RecordedReply {
  return JSON.parse(readFileSync(new URL(name, DIRECTORY), 'utf8'));
}

/** A recorded reply as an HTTP response. */
export function replyBytes(name: string): Buffer {
  const { status, headers, body } = readReply(name);
  return response(status, JSON.stringify(body), headers);
}

/** The body of a recorded stream. */
export function readSse(name: string): Buffer {
  return readFileSync(new URL(name, DIRECTORY));
}
