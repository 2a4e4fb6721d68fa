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

/** A provider that can be asked again this soon is not out of credit, whatever its words. */
const SHORT_WAIT_MS = 60 * 60 * 1000;
/** Kinds that a status says as well; a code of these is believed where the status leaves it open. */
const KINDS_OF_STATUS: readonly FailureKind[] = ['rate_limit', 'server', 'timeout'];
/** Groq's capacity, a model's failure behind Bedrock, and "too early". */
const SERVER_STATUSES: readonly number[] = [424, 425, 498];
const TIMEOUT_STATUSES: readonly number[] = [408, 499];
/** With a web page, these speak of the address or the size of the request. With any other status a page is a gateway's. */
const REQUEST_STATUSES_OF_PAGES: readonly number[] = [400, 404, 405, 410, 411, 413, 414, 431];

const WITH_STATUS: readonly Template[] = [...REFUSAL_TEMPLATES, ...BUSY_TEMPLATES];
const WITHOUT_STATUS: readonly Template[] = [...WITH_STATUS, ...OUTAGE_TEMPLATES];

interface Verdict {
  kind: FailureKind;
  /** A status, code or type says so, not words alone. */
  isStructured: boolean;
}

/** One of the provider's own sentences, with the template that it fits. */
interface Match {
  template: Template;
  clause: Clause;
}

/**
 * Says what kind of failure the evidence stands for: by code and status first, then by the provider's sentences. Words
 * that the request contains are not the provider's.
 */
export function decide(evidence: Evidence, request: RequestText): Failure {
  return new Decision(evidence, request).failure();
}

class Decision {
  readonly #isQuoted = (words: string) => this.request.contains(words);
  readonly #codes: readonly Code[];
  /** Of the response, or stated in its body. */
  readonly #status: number | undefined;
  /** Stated in a message. */
  readonly #spokenStatus: number | undefined;
  readonly #waitMs: number | undefined;

  constructor(
    private readonly evidence: Evidence,
    private readonly request: RequestText,
  ) {
    const { status, bodyStatus, spokenStatus } = evidence;
    this.#codes = evidence.codes.filter(({ value, isSpoken }) => !isSpoken || !this.#isQuoted(value));
    // A gateway that fails with its upstream's 429 says so in the body.
    const isUpstreams = status !== undefined && status >= 500 && (bodyStatus === 429 || bodyStatus === 402);
    this.#status = isUpstreams ? bodyStatus : (status ?? bodyStatus);
    this.#spokenStatus = spokenStatus && !this.#isQuoted(spokenStatus.words) ? spokenStatus.status : undefined;
    this.#waitMs = evidence.waitMs ?? this.#waitInWords();
  }

  failure(): Failure {
    const { kind, isStructured } = this.#verdict();
    return {
      kind,
      statusCode: this.#status ?? this.#spokenStatus,
      code: this.#code(),
      retryAfterMs: this.#waitMs ?? (kind === 'rate_limit' ? this.evidence.resetMs : undefined),
      requestId: this.evidence.requestId,
      evidence: isStructured ? 'structured' : 'words',
    };
  }

  #verdict(): Verdict {
    const status = this.#status ?? this.#spokenStatus;
    return (
      this.#byCode(status) ??
      (status === undefined ? this.#withoutStatus() : this.#byStatus(status, this.#status !== undefined))
    );
  }

  /** Codes say more than the status does; of those that say the same as a status, only where it is an unlikely one. */
  #byCode(status: number | undefined): Verdict | undefined {
    let asStatus: Verdict | undefined;
    for (const { value, from, isSpoken } of this.#codes) {
      const kind = kindOfCode(value);
      if (kind === undefined) continue;
      const isStructured = !isSpoken || this.#status !== undefined;
      if (!KINDS_OF_STATUS.includes(kind)) return { kind, isStructured };
      // LiteLLM keeps its upstream's type `server_error` beside a 400 of its own.
      const isVague = kind === 'server' && from === 'type' && status !== undefined;
      if (!isVague && !(isSpoken && this.#status !== undefined)) asStatus ??= { kind, isStructured };
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
    for (const { value, isSpoken } of this.#codes) {
      const kind = kindOfSystemCode(value);
      if (kind) return { kind, isStructured: !isSpoken };
    }
    for (const { value, isSpoken } of this.#codes) {
      const status = statusOfCode(value);
      if (status) return this.#byStatus(status, !isSpoken);
    }
    for (const { value, from } of this.#codes) {
      const kind = from === 'name' ? kindOfName(value) : undefined;
      if (kind) return { kind, isStructured: true };
    }
    if (this.evidence.isPage || this.evidence.isUnreadable) return { kind: 'server', isStructured: true };
    return this.#byWords(WITHOUT_STATUS) ?? { kind: 'unknown', isStructured: false };
  }

  /** Too many requests, or nothing left to spend. */
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

  /** The first sentence that fits a template, unless the request contains what fits. */
  #match(templates: readonly Template[], status?: number): Match | undefined {
    for (const clause of this.evidence.clauses) {
      for (const template of templates) {
        if (template.status !== undefined && template.status !== status) continue;
        const fits = template.pattern.exec(clause.words);
        if (fits && !this.#isQuoted(fits[0])) return { template, clause };
      }
    }
    return undefined;
  }

  /** Words count as much as a code where a response's message begins with them. */
  #isSupported(clause: Clause): boolean {
    return clause.isFirst && this.#status !== undefined;
  }

  /** A message that is a code and nothing else. */
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

  /** The code that tells most, for logs. */
  #code(): string | undefined {
    const telling = this.#codes.find(({ value }) => kindOfCode(value) ?? kindOfSystemCode(value));
    const given = this.#codes.filter(({ from, isSpoken }) => from !== 'name' && !isSpoken);
    return [telling, ...given].map((code) => identifier(code?.value)).find((code) => code !== undefined);
  }
}
