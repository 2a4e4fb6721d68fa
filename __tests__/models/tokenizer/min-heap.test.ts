import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MinHeap } from '../../../src/models/tokenizer/min-heap.js';

it('gives what was put in from the least to the greatest, also when more is put in meanwhile', () => {
  // A number is put in; null takes the least out.
  const steps = fc.array(fc.option(fc.integer({ max: 2 ** 53 - 1 }), { freq: 2 }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (numbers) => {
      const heap = new MinHeap();
      const sorted: number[] = [];
      for (const number of numbers) {
        if (number === null) {
          expect(heap.pop()).toBe(sorted.shift());
        } else {
          heap.push(number);
          sorted.push(number);
          sorted.sort((a, b) => a - b);
        }
      }
      for (const number of sorted) expect(heap.pop()).toBe(number);
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
