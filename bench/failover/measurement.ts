/** One limit: it holds while `measured` is at most `limit`. */
export interface Check {
  what: string;
  measured: number;
  limit: number;
  unit: 'ms' | '';
}

/** The result of one part of the benchmark: a table and its limits. */
export interface Measurement {
  title: string;
  rows: Record<string, object>;
  checks: Check[];
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** How long `work` takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
