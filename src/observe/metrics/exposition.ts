import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDefinition, type MetricName } from './definitions.js';
import type { Series, Tally } from './tally.js';

const PREFIX = 'elizanet_';

type Labels = Record<string, string>;

/** The page of `/metrics` in Prometheus' text format, written from a registry of its own. */
export async function expose(tally: Tally): Promise<{ contentType: string; text: string }> {
  const registry = new Registry();
  for (const name of Object.keys(METRICS) as MetricName[]) register(registry, name, METRICS[name], tally.of(name));
  return { contentType: registry.contentType, text: await registry.metrics() };
}

function register(registry: Registry, key: MetricName, definition: MetricDefinition, all: readonly Series[]): void {
  const { type, help, labels: labelNames, buckets = [] } = definition;
  const configuration = { name: PREFIX + key, help, labelNames: [...labelNames], registers: [registry] };
  const labelsOf = ({ labels }: Series): Labels =>
    Object.fromEntries(labelNames.map((name, i) => [name, labels[i] ?? '']));
  if (type === 'histogram') {
    const counted = all.map((series) => ({ ...series, labels: labelsOf(series) }));
    new CountedHistogram({ ...configuration, buckets: [...buckets] }, counted);
  } else if (type === 'counter') {
    const counter = new Counter(configuration);
    for (const series of all) counter.inc(labelsOf(series), series.value);
  } else {
    const gauge = new Gauge(configuration);
    for (const series of all) gauge.set(labelsOf(series), series.value);
  }
}

interface HistogramConfiguration {
  name: string;
  help: string;
  labelNames: string[];
  registers: Registry[];
  buckets: number[];
}

/** prom-client's histogram takes observations one by one; this one shows those that were counted elsewhere. */
class CountedHistogram extends Histogram<string> {
  constructor(
    private readonly configuration: HistogramConfiguration,
    private readonly counted: readonly (Omit<Series, 'labels'> & { labels: Labels })[],
  ) {
    super(configuration);
  }

  /** What its registry reads. */
  async getForPromString() {
    const { name, help, buckets: bounds } = this.configuration;
    const values = this.counted.flatMap(({ labels: sharedLabels, value, sum, buckets }) => {
      const row = (suffix: string, value: number, labels: Record<string, string | number> = {}) => {
        return { metricName: `${name}_${suffix}`, labels, sharedLabels, value };
      };
      let upTo = 0;
      const rows = bounds.map((le, i) => {
        upTo += buckets[i] ?? 0;
        return row('bucket', upTo, { le });
      });
      return [...rows, row('bucket', value, { le: '+Inf' }), row('sum', sum), row('count', value)];
    });
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }
}
