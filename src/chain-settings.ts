import { choice, drill, MINUTE_MS, millisecondsOrOff, modelTypes, usDollars, wholeNumber } from './setting-builders.js';

/** The part of `settingsSchema` that is about several endpoints: their order, their limits, health checks and drills. */
export const chainSettings = {
  ELIZANET_STRATEGY: choice(
    ['priority', 'latency', 'least-busy'],
    'Which of several endpoints is asked first. `priority`: that with the lowest number. `latency`: that whose answers began soonest lately. `least-busy`: that with the fewest requests in flight',
  ),
  ELIZANET_MODEL_TYPES: modelTypes(
    'What may be sent to ElizaNet. Calls of other types are never sent there, and fail as they would without this plugin',
  ),
  ELIZANET_MAX_COST_PER_DAY: usDollars(
    'Most that an endpoint may cost in 24 hours; it is not asked beyond that. Needs an endpoint that states costs or prices, as LiteLLM does. Counted in memory, from the start of the agent. `0`: no limit',
  ),
  ELIZANET_MAX_CALLS_PER_HOUR: wholeNumber(
    0,
    [0, 1_000_000],
    'calls',
    'Most calls to an endpoint within an hour; it is not asked beyond that. `0`: no limit',
  ),
  ELIZANET_HEALTH_INTERVAL: millisecondsOrOff(
    0,
    [1_000, 24 * 60 * MINUTE_MS],
    'How often each endpoint is checked while all are healthy, by `GET /v1/models`. `0`: once, soon after the start, and then only while an endpoint is failing. `off`: never',
  ),
  ELIZANET_DRILL: drill(
    'Calls that go to ElizaNet although the primary works, to rehearse an outage: a share such as `10%`, or model types such as `TEXT_SMALL,IMAGE`. The primary answers when ElizaNet fails',
  ),
};
