import type { FailureKind } from '../../failure-rules.js';

/** How providers word one kind of failure. */
export interface Template {
  kind: FailureKind;
  /** Tested against one sentence of at most 400 characters, whose quotations and addresses are `…`. */
  pattern: RegExp;
  /** About a period of a day or longer; stays a quota even with a short stated wait. */
  isLong?: boolean;
  /** The only status with which the sentences have this meaning. */
  status?: number;
}

/** Up to four words, each with its space. */
export const WORDS = "(?:[\\w'’/-]{1,24} ){0,4}";

/** Makes a template of the beginnings of sentences, as regular expression sources. One joined pattern compiles faster than many. */
export function template(
  kind: FailureKind,
  beginnings: readonly string[],
  conditions: Pick<Template, 'isLong' | 'status'> = {},
): Template {
  return { kind, pattern: new RegExp(`^(?:${beginnings.join('|')})`, 'i'), ...conditions };
}
