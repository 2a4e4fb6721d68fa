/** The value at quantile `q` (0 to 1) of the sorted values; NaN when there are none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

export const rounded = (value: number, digits = 1) => Number(value.toFixed(digits));
