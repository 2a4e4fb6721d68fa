import { LearnedWait } from '../core/learned-wait.js';
import { TokenBucket } from '../core/token-bucket.js';
import { FinishHabits } from './finish-habits.js';
import type { Target } from './target.js';
import { WireHabits } from './wire-habits.js';

/** What is known of one target from its earlier answers; in memory only. */
export interface TargetHabits {
  wire: WireHabits;
  finish: FinishHabits;
  /** The time to an answer, and to the first text of a stream. */
  firstOutput: { plain: LearnedWait; stream: LearnedWait };
  /** The longest time between two chunks of a stream. */
  chunkGap: LearnedWait;
  /** Pays for calls that are sent to the next target although this one may be slow, not hung. */
  hedges: TokenBucket;
}

/** Below the 30 s that an ElizaOS server gives a whole message, which asks for several outputs. */
const FIRST_OUTPUT = { startMs: 15_000, floorMs: 5_000 };
const CHUNK_GAP = { startMs: 12_000, floorMs: 5_000 };
/** Two in a hundred calls, and three to begin with. */
const HEDGES = { capacity: 3, perCall: 0.02 };

/** The memory of one runtime. */
export class HabitMemory {
  readonly #known = new Map<string, { target: Target; habits: TargetHabits }>();

  readonly of = (target: Target): TargetHabits => {
    const key = `${target.provider} ${target.modelType}`;
    let known = this.#known.get(key);
    if (!known) {
      const habits = {
        wire: new WireHabits(),
        finish: new FinishHabits(),
        firstOutput: { plain: new LearnedWait(FIRST_OUTPUT), stream: new LearnedWait(FIRST_OUTPUT) },
        chunkGap: new LearnedWait(CHUNK_GAP),
        hedges: new TokenBucket(HEDGES),
      };
      known = { target, habits };
      this.#known.set(key, known);
    }
    return known.habits;
  };

  /** What has been learned so far. */
  get all(): readonly { target: Target; habits: TargetHabits }[] {
    return [...this.#known.values()];
  }
}
