import type { ModelHandler } from '@elizaos/core';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { type HostRuntime, servingTypes, standInType } from './core-compat.js';
import type { Target } from './target.js';

/** Which providers serve a model type. */
export interface Plan {
  /** Each provider once, in the order in which they are asked. */
  targets: readonly Target[];
  /** The types whose handlers core itself would use. */
  servedBy: readonly string[];
  /** ElizaNet's target, when there is one. */
  own: Target | undefined;
}

/** The lists of handlers that a plan was made from, and the length of each. */
type Basis = readonly (readonly [string, ModelHandler[] | undefined, number])[];

/** Model types are the host's words; a plan for each of these many is kept. */
const MAX_PLANS = 256;

/**
 * Finds the targets of a model type. A plan is kept for as long as the lists of handlers stay the same: other plugins
 * register at any time, and core 2.x unloads them as well.
 * @param onPlan is called with every new plan.
 */
export function createPlanner(runtime: HostRuntime, onPlan: (plan: Plan) => void): (asked: string) => Plan {
  const plans = new Map<string, { plan: Plan; basis: Basis }>();
  return (asked) => {
    const servedBy = servingTypes(runtime, asked);
    const key = servedBy.join();
    const known = plans.get(key);
    if (known && stillHolds(runtime, known.basis)) return known.plan;
    const mapped = standInType(servedBy.at(-1) ?? asked);
    const targets = targetsFor(runtime, servedBy, mapped);
    const plan = { targets, servedBy, own: targets.find(({ own }) => own) };
    onPlan(plan);
    const basis = [...new Set([...servedBy, ...(mapped ? [mapped] : [])])].map((type) => {
      const entries = runtime.models.get(type);
      return [type, entries, entries?.length ?? 0] as const;
    });
    if (plans.size >= MAX_PLANS) plans.clear();
    plans.set(key, { plan, basis });
    return plan;
  };
}

function stillHolds({ models }: HostRuntime, basis: Basis): boolean {
  return basis.every(([type, entries, count]) => models.get(type) === entries && (entries?.length ?? 0) === count);
}

/** The providers of a type in core's order, each once; ElizaNet also for text types without a handler of its own. */
function targetsFor({ models }: HostRuntime, servedBy: readonly string[], mapped: string | undefined): Target[] {
  const targets: Target[] = [];
  const add = (modelType: string, provider: string) => {
    if (targets.some((target) => target.provider === provider)) return;
    targets.push({ provider, modelType, own: provider === PROVIDER_NAME });
  };
  for (const modelType of servedBy) {
    for (const { provider } of models.get(modelType) ?? []) add(modelType, provider);
  }
  if (mapped && models.get(mapped)?.some(({ provider }) => provider === PROVIDER_NAME)) add(mapped, PROVIDER_NAME);
  return targets;
}
