import type { Target } from './target.js';
import type { Plan } from './targets.js';

export interface LineUpRules {
  /** Sorts the routes to own endpoints for one call. @default as planned */
  sortRoutes?(routes: readonly string[], modelType: string): readonly string[];
  /** Whether a call goes to own endpoints first although its primary works. @default never */
  isDrill?(modelType: string): boolean;
}

export interface LineUp {
  /** In the order in which they are asked. */
  targets: readonly Target[];
  drill: boolean;
}

/** The order of the targets of one call. */
export function lineUp({ targets, own }: Plan, { sortRoutes, isDrill }: LineUpRules): LineUp {
  if (!own || (!sortRoutes && !isDrill)) return { targets, drill: false };
  const ordered = sortRoutes ? sorted(targets, sortRoutes) : targets;
  const drill = !targets[0]?.own && (isDrill?.(own.modelType) ?? false);
  if (!drill) return { targets: ordered, drill };
  return { targets: [...ordered.filter(({ own }) => own), ...ordered.filter(({ own }) => !own)], drill };
}

function sorted(targets: readonly Target[], sortRoutes: NonNullable<LineUpRules['sortRoutes']>): readonly Target[] {
  const own = targets.filter((target) => target.own);
  const [first] = own;
  if (!first || own.length < 2) return targets;
  const names = sortRoutes(
    own.map(({ provider }) => provider),
    first.modelType,
  );
  const inOrder = names.map((name) => own.find(({ provider }) => provider === name) as Target);
  return targets.map((target) => (target.own ? (inOrder.shift() as Target) : target));
}
