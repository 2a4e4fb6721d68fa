import { type LabelValues, METRICS, type MetricDefinition, type MetricName } from './definitions.js';

/** One series: a metric with one set of label values. */
export interface Series {
  labels: readonly string[];
  /** The count of a counter or a histogram, the value of a gauge. */
  value: number;
  /** Only of a histogram. */
  sum: number;
  /** Only of a histogram: observations in each bucket, those of smaller buckets not included. */
  buckets: readonly number[];
}

type MutableSeries = Series & { buckets: number[] };

/**
 * Counts for `/metrics`. Counting from the start takes a fraction of a microsecond and no library; the library that
 * writes the page is loaded when the page is first asked for.
 */
export class Tally {
  readonly #series = new Map<MetricName, Map<string, MutableSeries>>();

  add<Name extends MetricName>(name: Name, labels: LabelValues<Name>, by = 1): void {
    this.#of(name, labels).value += by;
  }

  observe<Name extends MetricName>(name: Name, labels: LabelValues<Name>, value: number): void {
    const series = this.#of(name, labels);
    series.value++;
    series.sum += value;
    const { buckets = [] }: MetricDefinition = METRICS[name];
    const index = buckets.findIndex((bound) => value <= bound);
    if (index >= 0) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
  }

  of(name: MetricName): Series[] {
    return [...(this.#series.get(name)?.values() ?? [])];
  }

  /** The sum of a counter over all its series. */
  total(name: MetricName): number {
    return this.of(name).reduce((sum, { value }) => sum + value, 0);
  }

  #of(name: MetricName, labels: readonly string[]): MutableSeries {
    let ofMetric = this.#series.get(name);
    if (!ofMetric) {
      ofMetric = new Map();
      this.#series.set(name, ofMetric);
    }
    const key = labels.join('\n');
    let series = ofMetric.get(key);
    if (!series) {
      const { buckets = [] }: MetricDefinition = METRICS[name];
      series = { labels, value: 0, sum: 0, buckets: buckets.map(() => 0) };
      ofMetric.set(key, series);
    }
    return series;
  }
}
