import type { Link } from '../chain/link.js';
import type { RouteOrder } from '../chain/order.js';
import type { SharedEndpoints } from '../chain/shared/shared-endpoints.js';
import type { FailureKind } from '../core/failure-rules.js';
import type { ObservationSink } from './observer.js';

/** Failures that make retries of other agents pointless. */
const OUTAGES: readonly FailureKind[] = ['server', 'network', 'timeout'];

/**
 * Tells the endpoints, and other agents that ask them, what was asked of them: how many requests are in flight, and what an answer has cost whose costs its
 * endpoint does not state, by its tokens and the model's prices.
 */
export function createChainSink(chain: {
  order: RouteOrder;
  /** Other agents; undefined without any. */
  fleet?: Pick<SharedEndpoints, 'asked' | 'failing'>;
  linkNamed(provider: string): Link | undefined;
}): ObservationSink {
  return (observation) => {
    switch (observation.type) {
      case 'operation_started':
        count(observation.provider, 1);
        return tell(observation.provider, (fleet, number) => fleet.asked(number));
      case 'circuit_changed': {
        const { own, state, provider, reason } = observation;
        if (!own || state !== 'open' || !reason || !OUTAGES.includes(reason)) return;
        return tell(provider, (fleet, number) => fleet.failing(number));
      }
      case 'operation_failed':
      case 'operation_cancelled':
        return count(observation.provider, -1);
      case 'operation_completed': {
        const { provider, model, streamed, tokens } = observation;
        count(provider, -1);
        const { budget, statesCosts, abilities } = chain.linkNamed(provider) ?? {};
        // LiteLLM states no cost for a stream.
        if (!budget?.limitsCost || !tokens || (statesCosts && !streamed)) return;
        const { inputCostPerToken = 0, outputCostPerToken = 0 } = abilities?.info(model) ?? {};
        return budget.pay(tokens.prompt * inputCostPerToken + tokens.completion * outputCostPerToken);
      }
    }
  };
  function tell(provider: string, told: (fleet: Pick<SharedEndpoints, 'asked' | 'failing'>, number: number) => void) {
    const link = chain.fleet && chain.linkNamed(provider);
    if (chain.fleet && link) told(chain.fleet, link.number);
  }
  function count(provider: string, change: 1 | -1): void {
    const link = chain.linkNamed(provider);
    if (link) chain.order.count(link.number, change);
  }
}
