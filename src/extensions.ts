import type { Clock } from './core/clock.js';
import type {
  ExtensionHooks,
  FailureClassifier,
  FailureVerdict,
  JsonBody,
  RequestTransform,
  ResponseProcessor,
  ResultCheck,
  Router,
} from './core/extension-points.js';
import { type ExtensionFault, ExtensionRunner } from './core/extension-runner.js';
import { FAILURE_RULES, type Failure } from './core/failure-rules.js';
import { isRecord } from './core/is-record.js';
import type { Health, HealthMonitor } from './openai/check-health.js';

/** Code of the agent that takes part in failing over. Each list is called in its order. */
export interface Extensions {
  /** Recognise errors of providers. */
  failureClassifiers?: readonly FailureClassifier[];
  /** Recognise results that are no answers. */
  resultChecks?: readonly ResultCheck[];
  /** Change requests to ElizaNet. */
  requestTransforms?: readonly RequestTransform[];
  /** Change answers of ElizaNet. */
  responseProcessors?: readonly ResponseProcessor[];
  /** Add to what a health check finds. */
  healthMonitors?: readonly HealthMonitor[];
  /** Orders the endpoints. */
  router?: Router;
}

export interface ConnectedExtensions extends ExtensionHooks {
  /** Never throws: a monitor at fault that must not be skipped is the health's `error`. */
  monitorHealth?(health: Health): Promise<Health>;
}

export interface ExtensionDeps {
  clock: Clock;
  report(fault: ExtensionFault): void;
}

/** Makes the extensions ready to be called. Loaded only when there are any. */
export function connectExtensions(extensions: Extensions, { clock, report }: ExtensionDeps): ConnectedExtensions {
  const runner = new ExtensionRunner(clock, report);
  const { failureClassifiers, resultChecks, requestTransforms, responseProcessors, healthMonitors, router } =
    extensions;
  const connected: ConnectedExtensions = {};
  if (failureClassifiers?.length) {
    connected.classify = (failure, error, { provider, modelType }) =>
      failureClassifiers.reduce((failure, extension) => {
        const classify = () => extension.classify(error, { failure, provider, modelType });
        return withVerdict(failure, runner.runNow('failure classifier', extension, classify, isVerdict));
      }, failure);
  }
  if (resultChecks?.length) {
    connected.checkResult = async (result, call) => {
      for (const extension of resultChecks) {
        const check = () => extension.check(result, call);
        if ((await runner.run('result check', extension, check, isBoolean)) === false) return extension.name;
      }
      return undefined;
    };
  }
  if (requestTransforms?.length) {
    connected.transforms = {
      names: requestTransforms.map(({ name }) => name),
      apply: (body, request) =>
        eachIn(requestTransforms, body, (extension, body) => {
          const transform = () => extension.transform(structuredClone(body), request);
          return runner.run('request transform', extension, transform, isJsonBody);
        }),
    };
  }
  if (responseProcessors?.length) {
    connected.processResponse = (value, operation) =>
      eachIn(responseProcessors, value, (extension, value) =>
        runner.run('response processor', extension, () => extension.process(value, operation), isSomething),
      );
  }
  if (router) connected.route = (call) => runner.runNow('router', router, () => router.route(call), isOrder);
  if (healthMonitors?.length) {
    connected.monitorHealth = (health) =>
      eachIn(healthMonitors, health, async (extension, health) => {
        try {
          return await runner.run('health monitor', extension, () => extension.monitor(health), isHealth);
        } catch (error) {
          return { ...health, error };
        }
      });
  }
  return connected;
}

/** Passes a value through extensions, one after the other. One that is skipped returns undefined. */
async function eachIn<E, T>(
  extensions: readonly E[],
  value: T,
  step: (extension: E, value: T) => Promise<T | undefined>,
): Promise<T> {
  let passed = value;
  for (const extension of extensions) passed = (await step(extension, passed)) ?? passed;
  return passed;
}

/** The failure as a classifier wants it. A kind that a classifier gives counts as structured, like one from a status. */
function withVerdict(failure: Failure, { kind, retryAfterMs }: FailureVerdict = {}): Failure {
  const wait = retryAfterMs ?? failure.retryAfterMs;
  if (kind === undefined) return { ...failure, retryAfterMs: wait };
  const silence = kind === failure.kind ? failure.silence : undefined;
  return { ...failure, kind, retryAfterMs: wait, silence, evidence: 'structured' };
}

function isVerdict(value: unknown): value is FailureVerdict | undefined {
  if (value === undefined) return true;
  if (!isRecord(value)) return false;
  const { kind, retryAfterMs } = value;
  const isWait = typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) && retryAfterMs >= 0;
  const isKind = typeof kind === 'string' && Object.hasOwn(FAILURE_RULES, kind);
  return (kind === undefined || isKind) && (retryAfterMs === undefined || isWait);
}

function isOrder(value: unknown): value is readonly string[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every((name) => typeof name === 'string'));
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isJsonBody(value: unknown): value is JsonBody {
  return isRecord(value) && typeof value.model === 'string';
}

function isSomething(value: unknown): value is unknown {
  return value !== undefined && value !== null;
}

function isHealth(value: unknown): value is Health {
  return isRecord(value) && typeof value.reachable === 'boolean' && typeof value.key === 'string';
}
