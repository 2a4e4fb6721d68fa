import { readdirSync, readFileSync } from 'node:fs';
import { response } from './raw-server.js';

const DIRECTORY = new URL('../__tests__/fixtures/litellm/', import.meta.url);

/** One recorded reply of LiteLLM. */
export interface RecordedReply {
  request: string;
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** The names of the recorded files that end so. */
export function fixtureNames(end: string): string[] {
  return readdirSync(DIRECTORY).filter((name) => name.endsWith(end));
}

export function readReply(name: string): RecordedReply {
  return JSON.parse(readFileSync(new URL(name, DIRECTORY), 'utf8'));
}

/** A recorded reply as bytes of HTTP. */
export function replyBytes(name: string): Buffer {
  const { status, headers, body } = readReply(name);
  return response(status, JSON.stringify(body), headers);
}

/** The bytes of a recorded stream's body. */
export function readSse(name: string): Buffer {
  return readFileSync(new URL(name, DIRECTORY));
}
