import type { Clock } from '../core/clock.js';
import type { Config } from '../environment.js';
import { RecentAverage } from './recent-average.js';
import type { Route } from './routes.js';

/** Knows how busy and how fast the endpoints are, and orders routes by it. */
export class RouteOrder {
  /** Requests in flight, by number of the endpoint. */
  readonly #inFlight = new Map<number, number>();
  /** Times to a first output, by endpoint and model type. */
  readonly #waits = new Map<string, RecentAverage>();
  /** When each endpoint was last put first, as a running number. */
  readonly #turns = new Map<number, number>();
  #turn = 0;

  constructor(
    private readonly strategy: Config['ELIZANET_STRATEGY'],
    private readonly clock: Clock,
  ) {}

  /** Requests to an endpoint that are under way. */
  inFlight(endpoint: number): number {
    return this.#inFlight.get(endpoint) ?? 0;
  }

  /** Average time to a first output, in milliseconds; undefined without a recent one. */
  waitMs(endpoint: number, modelType: string): number | undefined {
    return this.#waits.get(`${endpoint} ${modelType}`)?.value;
  }

  /** A request begins (1) or ends (-1). */
  count(endpoint: number, change: 1 | -1): void {
    this.#inFlight.set(endpoint, this.inFlight(endpoint) + change);
  }

  /** @param ms from the beginning of an attempt to its first output. */
  learn(endpoint: number, modelType: string, ms: number): void {
    const key = `${endpoint} ${modelType}`;
    const average = this.#waits.get(key) ?? new RecentAverage(this.clock);
    average.add(ms);
    this.#waits.set(key, average);
  }

  /**
   * @param routes by priority. Those of one endpoint stay in their order.
   * @returns the routes in the order in which they are to be asked. An endpoint without recent answers counts as fast, so
   * that its answers are measured.
   */
  sort(routes: readonly Route[], modelType: string): readonly Route[] {
    if (this.strategy === 'priority') return routes;
    if (this.strategy === 'latency') {
      const waitMs = ({ number }: Route) => this.waitMs(number, modelType) ?? 0;
      return sortBy(routes, waitMs);
    }
    // Of several that are as busy, the one whose last turn is the longest ago: calls that begin together are spread.
    const inTurn = sortBy(routes, ({ number }) => this.#turns.get(number) ?? 0);
    const sorted = sortBy(inTurn, ({ number }) => this.inFlight(number));
    if (sorted[0]) this.#turns.set(sorted[0].number, ++this.#turn);
    return sorted;
  }
}

function sortBy(routes: readonly Route[], measure: (route: Route) => number): Route[] {
  const measured = routes.map((route) => ({ route, by: measure(route) }));
  return measured.sort((a, b) => a.by - b.by).map(({ route }) => route);
}
