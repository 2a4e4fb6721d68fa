import { FinishHabits } from './finish-habits.js';
import type { Target } from './target.js';
import { WireHabits } from './wire-habits.js';

/** What is known of one target from its earlier answers; in memory only. */
export interface TargetHabits {
  wire: WireHabits;
  finish: FinishHabits;
}

/** Makes the memory of one runtime. @returns what finds a target's habits. */
export function rememberHabits(): (target: Target) => TargetHabits {
  const known = new Map<string, TargetHabits>();
  return ({ provider, modelType }) => {
    const key = `${provider} ${modelType}`;
    let habits = known.get(key);
    if (!habits) {
      habits = { wire: new WireHabits(), finish: new FinishHabits() };
      known.set(key, habits);
    }
    return habits;
  };
}
