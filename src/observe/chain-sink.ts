import type { Link } from '../chain/link.js';
import type { RouteOrder } from '../chain/order.js';
import type { ObservationSink } from './observer.js';

/**
 * Tells the endpoints what was asked of them: how many requests are in flight, and what an answer has cost whose costs its
 * endpoint does not state, by its tokens and the model's prices.
 */
export function createChainSink(chain: {
  order: RouteOrder;
  linkNamed(provider: string): Link | undefined;
}): ObservationSink {
  return (observation) => {
    switch (observation.type) {
      case 'operation_started':
        return count(observation.provider, 1);
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
  function count(provider: string, change: 1 | -1): void {
    const link = chain.linkNamed(provider);
    if (link) chain.order.count(link.number, change);
  }
}
