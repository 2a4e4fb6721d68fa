/** The share of calls that are retried while everything fails. */
const RETRIES_PER_CALL = 0.1;
/** Retries that can be saved up. */
const CAPACITY = 10;

/**
 * A token bucket that keeps many agents from overloading an endpoint that is failing already. Every call adds a tenth of
 * a token, every retry takes a whole one. So a short outage is retried freely, a long one for a tenth of the calls. It
 * needs no clock, because it limits the ratio of retries to calls.
 */
export class RetryBudget {
  #tokens = CAPACITY;

  /** To be called for every call, whatever its outcome. */
  deposit(): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + RETRIES_PER_CALL);
  }

  /** Pays for one retry. @returns false when there is not enough left; then the call is not retried. */
  withdraw(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
