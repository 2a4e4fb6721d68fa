import { PATTERNS } from './patterns.js';
import { readLiteral } from './read-literal.js';

/** A message without the prefixes that clients and gateways put before the provider's own words. */
export interface UnwrappedMessage {
  /** The HTTP status that a prefix states, and that prefix. */
  status?: { status: number; words: string };
  /** Error classes and codes among the prefixes, outermost first. */
  names: string[];
  /** The response body, if the message ends with one. */
  body?: unknown;
  /** The provider's own words; '' when there is a body. */
  words: string;
}

/** LiteLLM appends its configuration and the request's messages to the provider's words. */
const TRAILERS = [
  'Received Model Group=',
  'Received Messages=',
  'Available Model Group Fallbacks=',
  '\nMessages: `',
  '\nModel: ',
  '\nDeployment Info:',
  '\nAPI Base: `',
];

const HEADS = ['genericHead', 'failedHead', 'otherHead', 'contentTypeHead'] as const;
const NAMED_HEADS = ['liteLlmProvider', 'className', 'awsHead', 'codeHead'] as const;
const MAX_PREFIXES = 12;

/** @param status HTTP status of the response, when known; the OpenAI SDK repeats it at the start of its messages. */
export function unwrapMessage(message: string, status?: number): UnwrappedMessage {
  const found: UnwrappedMessage = { names: [], words: withoutTrailers(message).trim() };
  if (status !== undefined && found.words.startsWith(`${status} `)) found.words = found.words.slice(4);
  for (let i = 0; i < MAX_PREFIXES && removePrefix(found, i > 0); i++);
  const body = readLiteral(found.words);
  return body === undefined ? found : { ...found, body, words: '' };
}

/** Removes one prefix. @returns false when there is none. */
function removePrefix(found: UnwrappedMessage, isInside: boolean): boolean {
  const stated =
    PATTERNS.statusHead.exec(found.words) ??
    PATTERNS.bareStatus.exec(found.words) ??
    (isInside ? PATTERNS.statusOnly.exec(found.words) : null);
  if (stated) {
    found.status ??= { status: Number(stated[1]), words: stated[0] };
    const rest = found.words.slice(stated[0].length);
    found.words = rest.slice(PATTERNS.reasonBeforeBody.exec(rest)?.[0].length ?? 0);
    return true;
  }
  for (const head of NAMED_HEADS) {
    const match = PATTERNS[head].exec(found.words);
    if (!match) continue;
    found.names.push(...match.slice(1).filter((name) => name !== undefined));
    found.words = found.words.slice(match[0].length);
    return true;
  }
  for (const head of HEADS) {
    const match = PATTERNS[head].exec(found.words);
    if (!match) continue;
    found.words = found.words.slice(match[0].length);
    return true;
  }
  return false;
}

function withoutTrailers(message: string): string {
  const starts = TRAILERS.map((trailer) => message.indexOf(trailer)).filter((at) => at >= 0);
  return starts.length > 0 ? message.slice(0, Math.min(...starts)) : message;
}
