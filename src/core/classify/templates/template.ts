import type { FailureKind } from '../../failure-rules.js';

/** How providers word one kind of failure. */
export interface Template {
  kind: FailureKind;
  /** Tested against one sentence of at most 400 characters, whose quotations and addresses are `…`. */
  pattern: RegExp;
  /** It speaks of a day or longer: no short wait makes a rate limit of it. */
  isLong?: boolean;
  /** The only status under which the sentence means that. */
  status?: number;
}

/** Up to four words, each with its space. */
export const WORDS = "(?:[\\w'’/-]{1,24} ){0,4}";

/** Templates from the beginnings of sentences, as sources of regular expressions. */
export function templates(
  kind: FailureKind,
  beginnings: readonly string[],
  conditions: Pick<Template, 'isLong' | 'status'> = {},
): Template[] {
  return beginnings.map((beginning) => ({ kind, pattern: new RegExp(`^(?:${beginning})`, 'i'), ...conditions }));
}
