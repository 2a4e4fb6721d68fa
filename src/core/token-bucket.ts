export interface TokenBucketOptions {
  /** The extra work that can be saved up; also what there is to begin with. */
  capacity: number;
  /** The share of calls that may cause extra work in the long run. */
  perCall: number;
}

/**
 * Limits extra work, such as retries, to a share of the calls: each call adds a part of a token, each piece of extra work
 * takes a whole one. It needs no clock, because it limits the ratio of the two.
 */
export class TokenBucket {
  #tokens: number;

  constructor(private readonly options: TokenBucketOptions) {
    this.#tokens = options.capacity;
  }

  /** Pieces of extra work that can be paid for. */
  get available(): number {
    return Math.floor(this.#tokens);
  }

  /** To be called for every call, whatever its outcome. */
  deposit(): void {
    const { capacity, perCall } = this.options;
    this.#tokens = Math.min(capacity, this.#tokens + perCall);
  }

  /** Takes what was saved up. What later calls add remains. */
  drain(): void {
    this.#tokens = 0;
  }

  /** Pays for one piece of extra work. @returns false when there is not enough left. */
  withdraw(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
