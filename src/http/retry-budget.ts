/** Share of calls that may be retried while everything fails. */
const RETRIES_PER_CALL = 0.1;
/** Retries that a quiet time saves up. */
const CAPACITY = 10;

/**
 * A token bucket that keeps a fleet from stampeding an endpoint that is failing already. Every call puts a tenth of a
 * token in, every retry takes a whole one out: a short trouble is retried freely, a long one by a tenth of its calls.
 * It needs no clock: what endangers an endpoint is the ratio of retries to calls.
 */
export class RetryBudget {
  #tokens = CAPACITY;

  /** To be told of every call, whatever becomes of it. */
  deposit(): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + RETRIES_PER_CALL);
  }

  /** Takes what one retry costs. @returns false when there is not enough: then the failure stands. */
  withdraw(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
