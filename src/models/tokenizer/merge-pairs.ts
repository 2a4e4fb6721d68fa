import { MinHeap } from './min-heap.js';
import { NO_TOKEN, type Vocabulary } from './vocabulary.js';

/** Above every position, so that a rank and a position make one number that sorts by rank, then from left to right. */
const POSITIONS = 2 ** 32;
/** One or two milliseconds of work; ten while the code is cold. */
const STEPS_PER_SLICE = 4_096;

/**
 * Byte pair encoding of one piece. A piece that is no token is taken as a list of bytes; of all neighbours that make a
 * token together, those with the lowest rank (the token's id) are merged, the leftmost first, until there are none.
 * Takes n log n steps; yields where the event loop may have its turn.
 * @param bytes one character per byte.
 */
export function* mergePairs(bytes: string, vocabulary: Vocabulary): Generator<void, number[]> {
  const whole = vocabulary.ids.get(bytes);
  if (whole !== undefined) return [whole];
  const length = bytes.length;
  // A linked list of parts, by the position of a part's first byte: the next part, the one before, and the rank of the
  // part with the next one. Plain arrays, since most pieces are short: typed ones make a merge a fifth slower.
  const next = new Array<number>(length + 1);
  const previous = new Array<number>(length + 1);
  const ranks = new Array<number>(length + 1).fill(NO_TOKEN);
  for (let at = 0; at <= length; at++) {
    next[at] = at + 1;
    previous[at] = at - 1;
  }
  // Pairs as `rank * POSITIONS + position`. One whose rank has changed since is skipped when it comes up.
  const heap = new MinHeap();
  const offer = (at: number, rank: number) => {
    ranks[at] = rank;
    if (rank !== NO_TOKEN) heap.push(rank * POSITIONS + at);
  };
  const rankAt = (at: number): number => {
    const second = next[at] as number;
    return second < length ? (vocabulary.ids.get(bytes.slice(at, next[second])) ?? NO_TOKEN) : NO_TOKEN;
  };

  let steps = 0;
  for (let at = 0; at + 1 < length; at++) {
    offer(at, vocabulary.pairs[(bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1)] as number);
    if (++steps % STEPS_PER_SLICE === 0) yield;
  }
  for (let pair = heap.pop(); pair !== undefined; pair = heap.pop()) {
    if (++steps % STEPS_PER_SLICE === 0) yield;
    const rank = Math.floor(pair / POSITIONS);
    const at = pair - rank * POSITIONS;
    if (ranks[at] !== rank) continue;
    const gone = next[at] as number;
    const after = next[gone] as number;
    ranks[gone] = NO_TOKEN;
    next[at] = after;
    previous[after] = at;
    offer(at, rankAt(at));
    if (at > 0) offer(previous[at] as number, rankAt(previous[at] as number));
  }
  const ids: number[] = [];
  for (let at = 0; at < length; at = next[at] as number) {
    ids.push(vocabulary.ids.get(bytes.slice(at, next[at])) as number);
    if (++steps % STEPS_PER_SLICE === 0) yield;
  }
  return ids;
}
