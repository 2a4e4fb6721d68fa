/** Numbers of which the least is taken out first; putting one in and taking one out take log n steps. */
export class MinHeap {
  readonly #numbers: number[] = [];

  push(number: number): void {
    const numbers = this.#numbers;
    let at = numbers.length;
    numbers.push(number);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((numbers[parent] as number) <= number) break;
      numbers[at] = numbers[parent] as number;
      at = parent;
    }
    numbers[at] = number;
  }

  /** @returns undefined when it is empty. */
  pop(): number | undefined {
    const numbers = this.#numbers;
    const least = numbers[0];
    const number = numbers.pop();
    const size = numbers.length;
    if (number === undefined || size === 0) return least;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (numbers[child + 1] as number) < (numbers[child] as number)) child++;
      if ((numbers[child] as number) >= number) break;
      numbers[at] = numbers[child] as number;
      at = child;
    }
    numbers[at] = number;
    return least;
  }
}
