import type { FailureKind } from '../../failure-rules.js';

/** How providers word one kind of failure. */
export interface Template {
  kind: FailureKind;
  /** Tested against one sentence of at most 400 characters, whose quotations and addresses are `…`. */
  pattern: RegExp;
  /** It speaks of a day or longer: no short wait makes a rate limit of it. */
  isLong?: boolean;
  /** The only status under which the sentences mean that. */
  status?: number;
}

/** Up to four words, each with its space. */
export const WORDS = "(?:[\\w'’/-]{1,24} ){0,4}";

/** A template of the beginnings of sentences, given as sources of regular expressions. One pattern compiles faster than many. */
export function template(
  kind: FailureKind,
  beginnings: readonly string[],
  conditions: Pick<Template, 'isLong' | 'status'> = {},
): Template {
  return { kind, pattern: new RegExp(`^(?:${beginnings.join('|')})`, 'i'), ...conditions };
}
