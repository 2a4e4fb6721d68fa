import type { Failure, FailureKind } from '../failure-rules.js';
import { parseRetryAfterText } from '../retry-after.js';
import type { Clause } from './clauses.js';
import { kindOfCode, kindOfName, kindOfSystemCode, statusOfCode } from './codes.js';
import type { Code, Evidence } from './evidence.js';
import { identifier } from './foreign.js';
import { PATTERNS } from './patterns.js';
import type { RequestText } from './request-text.js';
import { BUSY_TEMPLATES, OUTAGE_TEMPLATES } from './templates/outages.js';
import { QUOTA_TEMPLATES } from './templates/quota.js';
import { REFUSAL_TEMPLATES } from './templates/refusals.js';
import type { Template } from './templates/template.js';

/** A provider that states a shorter wait than this is not out of credit, whatever its words. */
export const SHORT_WAIT_MS = 60 * 60 * 1000;
/** Kinds that have statuses of their own; a code for them counts only where the status leaves the kind open. */
const KINDS_OF_STATUS: readonly FailureKind[] = ['rate_limit', 'server', 'timeout'];
/** Statuses that a vague `server_error` beside them does not change. */
const CLEAR_STATUSES: readonly number[] = [401, 403, 404];
/** A model that failed behind Bedrock, "too early", and Groq's "capacity exceeded". */
const SERVER_STATUSES: readonly number[] = [424, 425, 498];
const TIMEOUT_STATUSES: readonly number[] = [408, 499];
/** A web page with one of these is about the address or size of the request; with any other 4xx it is a gateway's. */
const REQUEST_STATUSES_OF_PAGES: readonly number[] = [400, 404, 405, 410, 411, 413, 414, 431];

const WITH_STATUS: readonly Template[] = [...REFUSAL_TEMPLATES, ...BUSY_TEMPLATES];
const WITHOUT_STATUS: readonly Template[] = [...WITH_STATUS, ...OUTAGE_TEMPLATES];

interface Verdict {
  kind: FailureKind;
  /** Decided by a status, code or type, not by words alone. */
  isStructured: boolean;
}

/** A sentence of the provider and the template that it matches. */
interface Match {
  template: Template;
  clause: Clause;
}

/** Classifies a failure: by code and status first, then by the provider's sentences. Words of the request are ignored. */
export function decide(evidence: Evidence, request: RequestText): Failure {
  return new Decision(evidence, request).failure();
}

class Decision {
  readonly #isQuoted = (words: string) => this.request.contains(words);
  readonly #codes: readonly Code[];
  /** Of the response, or stated in its body. */
  readonly #status: number | undefined;
  /** Stated in a message. */
  readonly #textStatus: number | undefined;
  readonly #waitMs: number | undefined;

  constructor(
    private readonly evidence: Evidence,
    private readonly request: RequestText,
  ) {
    const { status, bodyStatus, textStatus } = evidence;
    this.#codes = evidence.codes.filter(({ value, isFromText }) => !isFromText || !this.#isQuoted(value));
    // A gateway that fails with its upstream's 429 says so in the body.
    const isUpstreams = status !== undefined && status >= 500 && (bodyStatus === 429 || bodyStatus === 402);
    this.#status = isUpstreams ? bodyStatus : (status ?? bodyStatus);
    this.#textStatus = textStatus && !this.#isQuoted(textStatus.words) ? textStatus.status : undefined;
    this.#waitMs = evidence.waitMs ?? this.#waitInWords();
  }

  failure(): Failure {
    const { kind, isStructured } = this.#verdict();
    return {
      kind,
      statusCode: this.#status ?? this.#textStatus,
      code: this.#code(),
      retryAfterMs: this.#waitMs ?? (kind === 'rate_limit' ? this.evidence.resetMs : undefined),
      requestId: this.evidence.requestId,
      evidence: isStructured ? 'structured' : 'words',
    };
  }

  #verdict(): Verdict {
    const status = this.#status ?? this.#textStatus;
    return (
      this.#byCode(status) ??
      (status === undefined ? this.#withoutStatus() : this.#byStatus(status, this.#status !== undefined))
    );
  }

  /** A code is more specific than a status. A code for a kind that has statuses of its own counts only if no status decides. */
  #byCode(status: number | undefined): Verdict | undefined {
    let asStatus: Verdict | undefined;
    for (const { value, from, isFromText } of this.#codes) {
      const kind = kindOfCode(value);
      if (kind === undefined) continue;
      const isStructured = !isFromText || this.#status !== undefined;
      if (!KINDS_OF_STATUS.includes(kind)) return { kind, isStructured };
      // LiteLLM forwards its upstream's type `server_error` with a 400 of its own; others put it beside a 403.
      const isVague = kind === 'server' && status !== undefined && (from === 'type' || CLEAR_STATUSES.includes(status));
      if (!isVague && !(isFromText && this.#status !== undefined)) asStatus ??= { kind, isStructured };
    }
    if (status === 402 || status === 429 || !asStatus) return undefined;
    return asStatus.kind === 'rate_limit' ? this.#limited(asStatus.isStructured) : asStatus;
  }

  #byStatus(status: number, isStructured: boolean): Verdict {
    if (status === 402) return { kind: 'quota', isStructured };
    if (status === 429) return this.#limited(isStructured);
    if (TIMEOUT_STATUSES.includes(status)) return { kind: 'timeout', isStructured };
    if (status >= 500 || SERVER_STATUSES.includes(status)) return { kind: 'server', isStructured };
    if (this.evidence.isPage && !REQUEST_STATUSES_OF_PAGES.includes(status)) return { kind: 'server', isStructured };
    const said = this.#byWords(WITH_STATUS, status);
    return said ?? { kind: status === 401 || status === 403 ? 'auth' : 'request', isStructured };
  }

  #withoutStatus(): Verdict {
    for (const { value, isFromText } of this.#codes) {
      const kind = kindOfSystemCode(value);
      if (kind) return { kind, isStructured: !isFromText };
    }
    for (const { value, isFromText } of this.#codes) {
      const status = statusOfCode(value);
      if (status) return this.#byStatus(status, !isFromText);
    }
    for (const { value, from } of this.#codes) {
      const kind = from === 'name' ? kindOfName(value) : undefined;
      if (kind) return { kind, isStructured: true };
    }
    if (this.evidence.isPage || this.evidence.isUnreadable) return { kind: 'server', isStructured: true };
    return this.#byWords(WITHOUT_STATUS) ?? { kind: 'unknown', isStructured: false };
  }

  /** A rate limit or an exhausted quota. */
  #limited(isStructured: boolean): Verdict {
    if (this.evidence.period === 'day') return { kind: 'quota', isStructured: true };
    return this.#quotaByWords() ?? { kind: 'rate_limit', isStructured };
  }

  #byWords(templates: readonly Template[], status?: number): Verdict | undefined {
    const quota = this.#quotaByWords();
    if (quota) return quota;
    const match = this.#match(templates, status);
    return match ? { kind: match.template.kind, isStructured: this.#isSupported(match.clause) } : this.#byCodeAlone();
  }

  #quotaByWords(): Verdict | undefined {
    const match = this.#match(QUOTA_TEMPLATES);
    if (!match) return undefined;
    const isStructured = this.#isSupported(match.clause);
    const { quoting } = match.clause;
    const isLong = match.template.isLong || PATTERNS.dayPeriod.test(quoting);
    const waitMs = this.#waitMs ?? this.evidence.resetMs ?? Number.POSITIVE_INFINITY;
    const isShort = waitMs <= SHORT_WAIT_MS || this.evidence.period === 'minute' || PATTERNS.minutePeriod.test(quoting);
    return { kind: isShort && !isLong ? 'rate_limit' : 'quota', isStructured };
  }

  /** The first sentence that matches a template with words that the request does not contain. */
  #match(templates: readonly Template[], status?: number): Match | undefined {
    for (const clause of this.evidence.clauses) {
      for (const template of templates) {
        if (template.status !== undefined && template.status !== status) continue;
        const words = template.pattern.exec(clause.words)?.[0];
        if (words !== undefined && !this.#isQuoted(words)) return { template, clause };
      }
    }
    return undefined;
  }

  /** Words at the beginning of a response's message count as much as a code. */
  #isSupported(clause: Clause): boolean {
    return clause.isFirst && this.#status !== undefined;
  }

  /** A sentence that consists of a code. */
  #byCodeAlone(): Verdict | undefined {
    for (const clause of this.evidence.clauses) {
      const code = PATTERNS.codeAlone.exec(clause.words)?.[1];
      const kind = code && !this.#isQuoted(code) ? (kindOfSystemCode(code) ?? kindOfCode(code)) : undefined;
      if (kind) return { kind, isStructured: this.#isSupported(clause) };
    }
    return undefined;
  }

  #waitInWords(): number | undefined {
    for (const { words } of this.evidence.clauses) {
      const waitMs = parseRetryAfterText(words, this.#isQuoted);
      if (waitMs !== undefined) return waitMs;
    }
    return undefined;
  }

  /** The most specific code, for logs. */
  #code(): string | undefined {
    const specific = this.#codes.find(({ value }) => kindOfCode(value) ?? kindOfSystemCode(value));
    const given = this.#codes.filter(({ from, isFromText }) => from !== 'name' && !isFromText);
    return [specific, ...given].map((code) => identifier(code?.value)).find((code) => code !== undefined);
  }
}
