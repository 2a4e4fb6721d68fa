import type { ModelHandler } from '@elizaos/core';
import { PROVIDER_NAME } from '../core/provider-name.js';
import { coreFailsOver, type HostRuntime, servingTypes, standInType } from './core-compat.js';
import { ownTarget, type Target, targetOf } from './target.js';

/** Which providers serve a model type. */
export interface Plan {
  /** Each provider once, in the order in which they are asked. */
  targets: readonly Target[];
  /** The types whose handlers core itself would use. */
  servedBy: readonly string[];
  /** The first target of ElizaNet, when there is one. */
  own: Target | undefined;
  /** core goes through the handlers itself, and fails over. */
  coreLoops: boolean;
}

/** The lists of handlers that a plan was made from, and the length of each; the number of all lists, if it was all. */
interface Basis {
  lists: readonly (readonly [string, ModelHandler[] | undefined, number])[];
  size: number | undefined;
}

/** Hosts and plugins can define model types of their own, so the number of plans that are kept is limited. */
const MAX_PLANS = 256;

/**
 * Finds the targets of a model type. A plan is kept for as long as the lists of handlers stay the same: other plugins
 * register at any time, and core 2.x unloads them as well.
 * @param onPlan is called with the model types whose handlers may serve the calls of a new plan. A core that fails over
 * itself may send a call to any type.
 * @param routesOf names the routes to this plugin's endpoints that serve a model type.
 */
export function createPlanner(
  runtime: HostRuntime,
  onPlan: (modelTypes: readonly string[]) => void,
  routesOf: (modelType: string) => readonly string[] = () => [PROVIDER_NAME],
): (asked: string) => Plan {
  const plans = new Map<string, { plan: Plan; basis: Basis }>();
  return (asked) => {
    const servedBy = servingTypes(runtime, asked);
    const key = servedBy.join();
    const known = plans.get(key);
    if (known && stillHolds(runtime, known.basis)) return known.plan;
    const mapped = standInType(servedBy.at(-1) ?? asked);
    const targets = targetsFor(runtime, servedBy, mapped, routesOf);
    const isAny = coreFailsOver(runtime);
    const coreLoops = isAny && servedBy.some((type) => runtime.models.get(type)?.length);
    const plan = { targets, servedBy, own: targets.find(({ own }) => own), coreLoops };
    const types = isAny ? [...runtime.models.keys()] : [...servedBy, ...(mapped ? [mapped] : [])];
    onPlan(types);
    const lists = [...new Set(types)].map((type) => {
      const entries = runtime.models.get(type);
      return [type, entries, entries?.length ?? 0] as const;
    });
    if (plans.size >= MAX_PLANS) plans.clear();
    plans.set(key, { plan, basis: { lists, size: isAny ? runtime.models.size : undefined } });
    return plan;
  };
}

function stillHolds({ models }: HostRuntime, { lists, size }: Basis): boolean {
  if (size !== undefined && models.size !== size) return false;
  return lists.every(([type, entries, count]) => models.get(type) === entries && (entries?.length ?? 0) === count);
}

/**
 * The providers of a type in core's order, each once, with a target for each route to an own endpoint; ElizaNet also for
 * text types without a handler of its own.
 */
function targetsFor(
  { models }: HostRuntime,
  servedBy: readonly string[],
  mapped: string | undefined,
  routesOf: (modelType: string) => readonly string[],
): Target[] {
  const targets: Target[] = [];
  const add = (modelType: string, provider: string) => {
    if (targets.some((target) => target.registeredAs === provider)) return;
    if (provider !== PROVIDER_NAME) targets.push(targetOf(provider, modelType));
    else targets.push(...routesOf(modelType).map((route) => ownTarget(route, modelType)));
  };
  for (const modelType of servedBy) {
    for (const { provider } of models.get(modelType) ?? []) add(modelType, provider);
  }
  if (mapped && models.get(mapped)?.some(({ provider }) => provider === PROVIDER_NAME)) add(mapped, PROVIDER_NAME);
  return targets;
}
