import type { Target } from './target.js';
import type { Plan } from './targets.js';

export interface LineUpRules {
  /** Sorts the routes to own endpoints for one call. @default as planned */
  sortRoutes?(routes: readonly string[], modelType: string, params: unknown): readonly string[];
  /** Whether a call goes to own endpoints first although its primary works. @default never */
  isDrill?(modelType: string): boolean;
}

/** Puts own endpoints into the order of one call; the others keep their places. */
export type SortOwn = (targets: readonly Target[]) => Target[];

export interface LineUp {
  /** In the order in which they are asked, but for `sortOwn`. */
  targets: readonly Target[];
  /** To be called once, when the first own endpoint is to be asked: how busy they are is known only then. */
  sortOwn: SortOwn | undefined;
  drill: boolean;
}

/** The order of the targets of one call. */
export function lineUp({ targets, own }: Plan, { sortRoutes, isDrill }: LineUpRules, params: unknown): LineUp {
  const sortOwn = own && sortRoutes && ((waiting: readonly Target[]) => sorted(waiting, sortRoutes, params));
  const drill = own !== undefined && !targets[0]?.own && (isDrill?.(own.modelType) ?? false);
  if (!drill) return { targets, sortOwn, drill };
  const ownFirst = [...targets.filter(({ own }) => own), ...targets.filter(({ own }) => !own)];
  return { targets: ownFirst, sortOwn, drill };
}

function sorted(
  targets: readonly Target[],
  sortRoutes: NonNullable<LineUpRules['sortRoutes']>,
  params: unknown,
): Target[] {
  const own = targets.filter((target) => target.own);
  const [first] = own;
  if (!first || own.length < 2) return [...targets];
  const names = sortRoutes(
    own.map(({ provider }) => provider),
    first.modelType,
    params,
  );
  const inOrder = names.map((name) => own.find(({ provider }) => provider === name) as Target);
  return targets.map((target) => (target.own ? (inOrder.shift() as Target) : target));
}
