import type { Clock } from '../core/clock.js';
import { describeDuration } from '../core/describe-duration.js';
import { describeSilence } from '../core/failover-errors.js';
import { breakerRule, type Failure, type FailureKind } from '../core/failure-rules.js';
import { displayName, PROVIDER_NAME } from '../core/provider-name.js';
import type { CallRecord } from './call-record.js';
import type { Log } from './log.js';
import type { CircuitChange } from './observer.js';

export interface OutageLogDeps {
  clock: Clock;
  /** Whether the beginning, the course and the end of an outage are logged. */
  tellsOutages: boolean;
  /** The providers of a model type, in the order in which they are asked; of any type for undefined. */
  providersOf(modelType: string | undefined): readonly string[];
}

/** One circuit, from its opening until its recovery. */
interface Outage {
  provider: string;
  modelType: string | undefined;
  startedAt: number;
  /** The failure that opened the circuit last, in words. */
  cause: string;
  /** Calls that another provider answered. */
  elsewhereCount: number;
  lastCallAt: number;
}

const REPORT_INTERVAL_MS = 60_000;

/** Kinds that only an operator can repair. */
const MISCONFIGURED: readonly (FailureKind | undefined)[] = ['auth', 'model_not_found'];

/**
 * Logs an outage in few lines: its beginning, its end, a report once a minute in between, and once the failures that an
 * operator has to repair. Holds no timer: a report is written with the next call.
 */
export class OutageLog {
  readonly #outages = new Map<string, Outage>();
  /** Providers, or model types of theirs, whose misconfiguration has been logged. */
  readonly #misconfigured = new Set<string>();
  /** The last error of each route to an own endpoint, by route and model type. */
  readonly #ownErrors = new Map<string, { kind: FailureKind; message: string }>();
  #reportedAt = 0;
  #elsewhereCount = 0;
  #unansweredCount = 0;

  constructor(
    private readonly log: Log,
    private readonly deps: OutageLogDeps,
  ) {}

  ownRequestFailed(provider: string, modelType: string, kind: FailureKind, message: string): void {
    this.#ownErrors.set(keyOf(provider, modelType), { kind, message });
  }

  circuitChanged(change: CircuitChange): void {
    const { modelType, state } = change;
    const key = keyOf(change.provider, modelType);
    const outage = this.#outages.get(key);
    const shown = { provider: displayName(change.provider), modelType: modelType ?? 'every model type' };
    if (state === 'open') return outage ? this.#reopened(outage, change, shown) : this.#opened(key, change, shown);
    if (state === 'half-open') return this.log.write('circuit_half_open', shown);
    if (!outage) return;
    this.#outages.delete(key);
    if (!this.deps.tellsOutages) return;
    const durationMs = this.deps.clock.now() - outage.startedAt;
    const { elsewhereCount } = outage;
    const duration = describeDuration(durationMs);
    this.log.write('recovered', { ...shown, duration, elsewhereCount }, { durationMs });
  }

  callEnded(call: CallRecord): void {
    this.#logMisconfigured(call);
    if (this.#outages.size > 0) this.#count(call);
  }

  #opened(key: string, change: CircuitChange, shown: { provider: string; modelType: string }): void {
    const { provider, modelType } = change;
    const now = this.deps.clock.now();
    const details = this.#opening(change);
    const fields = { ...shown, cause: details.cause, until: details.until };
    const next = this.#nextAfter(provider, modelType);
    // Not while another outage goes on: openings that follow each other would hold its reports back.
    if (this.#outages.size === 0) this.#reportedAt = now;
    this.#outages.set(key, {
      provider,
      modelType,
      startedAt: now,
      cause: fields.cause,
      elsewhereCount: 0,
      lastCallAt: now,
    });
    const line = MISCONFIGURED.includes(change.reason) ? 'elizanet_misconfigured' : 'elizanet_circuit_opened';
    const isError = change.own && line === 'elizanet_misconfigured';
    if (!this.deps.tellsOutages && !isError) return;
    if (!change.own) return this.log.write('circuit_opened', { ...fields, next }, details);
    const last = this.#ownErrors.get(keyOf(provider, modelType));
    const error = last?.kind === change.reason ? last?.message : undefined;
    this.log.write(line, { ...fields, error: error ?? fields.cause }, details);
  }

  #reopened(outage: Outage, change: CircuitChange, shown: { provider: string; modelType: string }): void {
    const { cause, until, ...details } = this.#opening(change);
    outage.cause = cause;
    this.log.write('circuit_reopened', { ...shown, cause, until }, details);
  }

  #opening({ failure, reason, retryAfterMs = 0 }: CircuitChange) {
    const until = new Date(this.deps.clock.wallNow() + retryAfterMs).toTimeString().slice(0, 8);
    const cause = failure ? describeCause(failure) : 'reported by another process';
    return { cause, until, retryAfterMs, reason, statusCode: failure?.statusCode };
  }

  /** The provider that answers now, as far as it is known. */
  #nextAfter(provider: string, modelType: string | undefined): string {
    const isOpen = (other: string) =>
      this.#outages.has(keyOf(other, modelType)) || this.#outages.has(keyOf(other, undefined));
    const others = this.deps.providersOf(modelType).filter((other) => other !== provider && !isOpen(other));
    // The next one can differ between the types.
    if (modelType === undefined && others.length > 1) return 'the next provider';
    return displayName(others[0] ?? PROVIDER_NAME);
  }

  #count(call: CallRecord): void {
    const now = this.deps.clock.now();
    const concerned = [...this.#outages.values()].filter(({ provider, modelType }) =>
      call.attempts.some(
        (attempt) =>
          attempt.provider === provider &&
          (modelType ?? attempt.modelType) === attempt.modelType &&
          attempt.outcome !== 'answered',
      ),
    );
    if (concerned.length === 0 || call.aborted) return;
    if (call.answered) this.#elsewhereCount++;
    else this.#unansweredCount++;
    for (const outage of concerned) {
      outage.lastCallAt = now;
      if (call.answered) outage.elsewhereCount++;
    }
    if (this.deps.tellsOutages && now - this.#reportedAt >= REPORT_INTERVAL_MS) this.#report(now);
  }

  #report(now: number): void {
    const current = [...this.#outages.values()].filter(({ lastCallAt }) => lastCallAt > this.#reportedAt);
    const durationMs = now - Math.min(...current.map(({ startedAt }) => startedAt));
    const circuits = current
      .map(({ provider, modelType, cause }) => `${displayName(provider)} ${modelType ?? 'every model type'} (${cause})`)
      .join(', ');
    const counts = { elsewhereCount: this.#elsewhereCount, unansweredCount: this.#unansweredCount };
    this.log.write('outage_goes_on', { duration: describeDuration(durationMs), circuits, ...counts }, { durationMs });
    this.#reportedAt = now;
    this.#elsewhereCount = 0;
    this.#unansweredCount = 0;
  }

  /** Once until the provider has answered again. */
  #logMisconfigured({ attempts }: CallRecord): void {
    for (const { provider, modelType, outcome, failure, own } of attempts) {
      if (outcome === 'answered' && this.#misconfigured.size > 0) {
        this.#misconfigured.delete(keyOf(provider, undefined));
        this.#misconfigured.delete(keyOf(provider, modelType));
      }
      if (!failure || own || !MISCONFIGURED.includes(failure.kind)) continue;
      const concerned = breakerRule(failure).reach === 'provider' ? undefined : modelType;
      const key = keyOf(provider, concerned);
      if (this.#misconfigured.has(key)) continue;
      this.#misconfigured.add(key);
      const { statusCode, kind } = failure;
      const fields = { provider, modelType: concerned ?? 'every model type', cause: describeCause(failure) };
      this.log.write(kind === 'auth' ? 'access_refused' : 'model_missing', fields, { kind, statusCode });
    }
  }
}

function keyOf(provider: string, modelType: string | undefined): string {
  return modelType === undefined ? provider : `${provider} ${modelType}`;
}

/** `429 (Retry-After 9 s)`, `503 server`, `network ECONNREFUSED`. */
export function describeCause({ kind, statusCode, code, retryAfterMs, silence }: Failure): string {
  if (silence) return describeSilence(silence);
  // 429 says by itself that a rate is limited.
  const words = statusCode === 429 && kind === 'rate_limit' ? [429] : statusCode ? [statusCode, kind] : [kind, code];
  const wait = retryAfterMs ? ` (Retry-After ${Math.ceil(retryAfterMs / 1000)} s)` : '';
  return words.filter(Boolean).join(' ') + wait;
}
