import type { ModelHandler } from '@elizaos/core';
import { PROVIDER_NAME } from '../core/provider-name.js';
import type { Target } from './attempt.js';
import { type HostRuntime, servingTypes, standInType } from './core-compat.js';

/** Who is asked for a model type. */
export interface Plan {
  /** The providers of the type, each once, in the order in which they are to be asked. */
  targets: readonly Target[];
  /** The types whose handlers core itself would use. */
  servedBy: readonly string[];
  /** ElizaNet's target, when it is one of them. */
  own: Target | undefined;
}

/** What a plan was made from: the lists of handlers, and how many were in each. */
type Basis = readonly (readonly [string, ModelHandler[] | undefined, number])[];

/**
 * Remembers each type's plan for as long as the lists of handlers are the same ones: other plugins register whenever
 * they like, and core 2.x unloads them as well, which makes a list anew.
 * @param onPlan is told of every plan that is made.
 */
export function createPlanner(runtime: HostRuntime, onPlan: (plan: Plan) => void): (asked: string) => Plan {
  const plans = new Map<string, { plan: Plan; basis: Basis }>();
  return (asked) => {
    const servedBy = servingTypes(runtime, asked);
    // More than one type may serve it: which, is up to core, and to a setting that can change.
    const key = servedBy.length === 1 ? (servedBy[0] as string) : servedBy.join();
    const known = plans.get(key);
    if (known && stillHolds(runtime, known.basis)) return known.plan;
    const standIn = standInType(servedBy.at(-1) ?? asked);
    const targets = targetsFor(runtime, servedBy, standIn);
    const plan = { targets, servedBy, own: targets.find(({ provider }) => provider === PROVIDER_NAME) };
    onPlan(plan);
    const basis = [...new Set([...servedBy, ...(standIn ? [standIn] : [])])].map((type) => {
      const entries = runtime.models.get(type);
      return [type, entries, entries?.length ?? 0] as const;
    });
    plans.set(key, { plan, basis });
    return plan;
  };
}

function stillHolds({ models }: HostRuntime, basis: Basis): boolean {
  return basis.every(([type, entries, count]) => models.get(type) === entries && (entries?.length ?? 0) === count);
}

/** The providers of a type in core's order, each once; ElizaNet also for text types that it has no handler for. */
function targetsFor({ models }: HostRuntime, servedBy: readonly string[], standIn: string | undefined): Target[] {
  const targets: Target[] = [];
  const add = (modelType: string, provider: string) => {
    if (!targets.some((target) => target.provider === provider)) targets.push({ provider, modelType });
  };
  for (const modelType of servedBy) {
    for (const { provider } of models.get(modelType) ?? []) add(modelType, provider);
  }
  const hasStandIn = standIn && models.get(standIn)?.some(({ provider }) => provider === PROVIDER_NAME);
  if (standIn && hasStandIn) add(standIn, PROVIDER_NAME);
  return targets;
}
