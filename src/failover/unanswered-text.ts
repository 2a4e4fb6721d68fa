import { read, safely } from '../core/classify/foreign.js';
import { classifyFailure } from '../core/classify-failure.js';
import { FAILURE_RULES } from '../core/failure-rules.js';
import { isTextType, standInType } from './core-compat.js';

/** One that no provider has answered. */
interface UnansweredCall {
  /** The type the agent asked for. */
  modelType: string;
  params: unknown;
}

/**
 * What an agent says in place of an error: the sentence of `ELIZANET_UNANSWERED_TEXT` in the form that the prompt asks for.
 * core's message loop, and plugin-bootstrap's REPLY, ask for a `<response>` with a `<text>` and show nothing of any other
 * answer.
 * @param errors of the providers that were asked.
 * @param now milliseconds since the epoch.
 * @returns undefined where the error is to stay: for prompts that ask for a decision or for data (a `<response>` without
 * `<text>`, JSON, XML, tools, a schema), of which a sentence would be a false answer; for all other prompts to small
 * models, which ElizaOS asks for "yes" or "no"; and when none of the errors can pass by itself, as for a bad request.
 */
export function unansweredText(
  sentence: string,
  { modelType, params }: UnansweredCall,
  errors: readonly unknown[],
  now: number,
): string | undefined {
  if (!modelType.startsWith('TEXT_') || !isTextType(modelType) || !errors.some((error) => passes(error, now))) return;
  const prompt = safely(() => promptOf(params));
  if (prompt === undefined) return;
  const form = formIn(prompt);
  if (form !== undefined) return filledIn(form, sentence);
  if (standInType(modelType) === 'TEXT_SMALL' || /\b(?:JSON|XML)\b/.test(prompt)) return;
  return sentence;
}

function passes(error: unknown, now: number): boolean {
  return FAILURE_RULES[classifyFailure(error, now).kind].failsOver === 'yes';
}

/** The text of a call that can be answered by text alone; undefined for any other call. */
function promptOf(params: unknown): string | undefined {
  const isAnsweredByData = ['tools', 'toolChoice', 'responseSchema'].some((name) => read(params, name));
  if (isAnsweredByData || asksForJson(read(params, 'responseFormat'))) return undefined;
  const prompt = read(params, 'prompt');
  const messages = read(params, 'messages');
  const texts = Array.isArray(messages) ? messages.flatMap(textsOf) : [];
  if (typeof prompt === 'string') texts.unshift(prompt);
  return texts.length > 0 ? texts.join('\n') : undefined;
}

/** Of a message, whose content is a text or a list of parts. */
function textsOf(message: unknown): string[] {
  const content = read(message, 'content');
  const parts = Array.isArray(content) ? content.map((part) => read(part, 'text')) : [content];
  return parts.filter((text) => typeof text === 'string');
}

/** core 1.x has an object with a `type`, or its name alone. */
function asksForJson(format: unknown): boolean {
  return /json/i.test(String(read(format, 'type') ?? format));
}

const OPEN = '<response>';
const CLOSE = '</response>';

/** What the last example of a `<response>` contains. Instructions that only name the tag are no example. */
function formIn(prompt: string): string | undefined {
  for (let close = prompt.lastIndexOf(CLOSE); close > 0; ) {
    const open = prompt.lastIndexOf(OPEN, close - 1);
    if (open < 0) return undefined;
    const inner = prompt.slice(open + OPEN.length, close).trimStart();
    if (/^<\w/.test(inner)) return inner;
    close = open === 0 ? -1 : prompt.lastIndexOf(CLOSE, open - 1);
  }
  return undefined;
}

/** Without `<thought>` and `<actions>` core asks again; before `<actions>` it streams no `<text>`. */
function filledIn(form: string, sentence: string): string | undefined {
  if (!form.includes('<text>')) return undefined;
  const thought = form.includes('<thought>') ? `<thought>${sentence}</thought>` : '';
  const actions = form.includes('<actions>') ? '<actions>REPLY</actions>' : '';
  return `${OPEN}${thought}${actions}<text>${sentence}</text>${CLOSE}`;
}
