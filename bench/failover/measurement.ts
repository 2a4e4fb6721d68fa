/** One thing that must hold. */
export interface Check {
  what: string;
  measured: number;
  limit: number;
  unit: 'ms' | '';
}

/** What one part of the benchmark has to say: a table, and what must hold of it. */
export interface Measurement {
  title: string;
  rows: Record<string, object>;
  checks: Check[];
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export const rounded = (value: number) => Number(value.toFixed(1));

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
