import type { CallNote } from '../observe/call-record.js';
import type { RaceCall } from './race-call.js';
import type { RaceRules } from './race-rules.js';
import { unansweredText } from './unanswered-text.js';

/** What a call resolves to although no provider has answered it. */
export interface LastResort {
  /** Gets the value, and delivers the text of a stream. */
  serve(): unknown;
  note: CallNote;
}

/**
 * A placeholder vector, or the sentence of `ELIZANET_UNANSWERED_TEXT`.
 * @param errors of the providers that were asked.
 * @param quiet chunks of a cut stream were delivered.
 * @returns undefined when the call is to fail.
 */
export function lastResort(
  call: RaceCall,
  { lastResort: placeholder, unansweredText: sentence, clock }: RaceRules,
  errors: readonly unknown[],
  quiet: boolean,
): LastResort | undefined {
  const value = placeholder(call.modelType, errors);
  if (value !== undefined) return { serve: () => value, note: { placeholder: true } };
  const text = sentence && unansweredText(sentence, call, errors, clock.wallNow());
  return text ? { serve: () => call.say(text, quiet), note: { unansweredText: true } } : undefined;
}
