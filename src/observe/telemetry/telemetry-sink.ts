import type { Observation, ObservationSink } from '../observer.js';

/** Where every copy of `@opentelemetry/api` keeps what the host has registered. */
const API = Symbol.for('opentelemetry.js.api.1');

/** True when the host has registered a tracer or a meter. Loads nothing. */
function isRegistered(): boolean {
  const api = Reflect.get(globalThis, API) as { trace?: unknown; metrics?: unknown } | undefined;
  return api?.trace !== undefined || api?.metrics !== undefined;
}

/**
 * Passes observations on to OpenTelemetry once the host has registered a global provider. Until then, and where the
 * package is not installed, nothing is loaded and nothing is recorded. Calls that end while it loads have no span.
 */
export function createTelemetrySink(): ObservationSink {
  let sink: ObservationSink | undefined;
  let loading: Promise<void> | undefined;
  return (observation: Observation) => {
    if (sink) return sink(observation);
    if (loading || !isRegistered()) return;
    loading = import('./record-telemetry.js')
      .then(({ recordTelemetry }) => {
        sink = recordTelemetry();
      })
      // The package is missing, or the host's provider throws.
      .catch(() => {});
  };
}
