import { randomUUID } from 'node:crypto';
import { UpstreamStatusError } from '../core/errors.js';
import type { Endpoint } from './endpoint.js';
import type { RequestContext } from './request-context.js';
import { requestError } from './request-error.js';
import { MAX_SENDS, retryDelayMs } from './retry-delay.js';
import { type SendInput, sendOnce, type UnreadResponse } from './send-once.js';
import { sleep } from './sleep.js';
import type { TimeoutController } from './timeout.js';
import { TransportError } from './transport/transport.js';

/**
 * Sends one request. A failure that is likely to be temporary is retried once, within the same time limit and the
 * endpoint's retry budget.
 * @throws {UpstreamStatusError} when the status is not 2xx, and when the request is redirected to another origin.
 * @throws {UpstreamConnectionError} when the connection fails.
 * @throws {ProviderTimeoutError} when the time limit runs out.
 * @throws {InvalidResponseError} when the body has a compression that was not asked for.
 * @throws {ElizaNetUnavailableError} when the endpoint was closed.
 * @throws the caller's abort reason when its signal fires.
 */
export async function send(endpoint: Endpoint, input: SendInput): Promise<UnreadResponse> {
  const { model, timeout, body: sent } = input;
  // A GET is a check. It takes no retries from the calls.
  const mostSends = input.method === 'GET' ? 1 : MAX_SENDS;
  if (mostSends > 1) endpoint.retries.deposit();
  for (let sends = 0; ; ) {
    const context = { endpoint, requestId: randomUUID(), model, attempt: sends + 1, sent };
    try {
      return await sendOnce(input, context);
    } catch (error) {
      // `sendOnce` has counted what the connection itself sent again.
      sends = context.attempt;
      if (endpoint.peers) tellPeers(endpoint, model, error);
      const delayMs = sends < mostSends ? retryDelayMs(error, endpoint.random) : undefined;
      if (timeout.stopped || delayMs === undefined || delayMs >= timeout.remainingMs || !endpoint.mayRetry())
        throw error;
      if (delayMs > 0) await pause(delayMs, timeout, context);
    }
  }
}

function tellPeers({ peers }: Endpoint, model: string | undefined, error: unknown): void {
  if (!(error instanceof UpstreamStatusError) || error.statusCode !== 429 || error.kind !== 'rate_limit') return;
  if (model !== undefined) peers?.limited(model, error.retryAfterMs);
}

async function pause(delayMs: number, timeout: TimeoutController, context: RequestContext): Promise<void> {
  try {
    await sleep(context.endpoint.clock, delayMs, timeout);
  } catch (reason) {
    throw requestError(new TransportError(reason, 'response', 1), timeout, context);
  }
}
