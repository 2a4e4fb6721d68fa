import { setBounded } from '../core/bounded-map.js';
import type { Clock } from '../core/clock.js';
import type { Need } from '../core/extension-points.js';
import type { Endpoint } from '../http/endpoint.js';
import { checkHealth, type Health } from '../openai/check-health.js';
import { fetchModelInfos, type ModelInfo } from '../openai/model-groups.js';

/** How likely a model serves a call: it was refused, the server says no, nothing is known, or it was served. */
type Grade = 'no' | 'unlikely' | 'unknown' | 'yes';
const GRADES: readonly Grade[] = ['no', 'unlikely', 'unknown', 'yes'];
/** What is judged: that the model exists, that it takes a prompt of that length, and each need. */
type Aspect = 'model' | 'length' | Need;

/** What a call needs. */
export interface Needs {
  needs: readonly Need[];
  /** Of the prompt, in UTF-8; 0 when its length does not matter. */
  bytes: number;
  /** Of the prompt, once they were counted. */
  tokens?: number;
}

interface Finding {
  aspect: Aspect;
  grade: Grade;
  /** What the model lacks, in words; only for `no` and `unlikely`. */
  reason?: string;
}

/** How likely a model serves one call. */
export class Verdict {
  /** The finding that speaks most against the model. */
  readonly worst: Finding;

  constructor(private readonly findings: readonly Finding[]) {
    this.worst = findings.reduce((worst, finding) => (rank(finding) < rank(worst) ? finding : worst));
  }

  /** Nothing speaks against the model. */
  get isGood(): boolean {
    return rank(this.worst) >= UNKNOWN;
  }

  /**
   * Whether the call should go to another model first: to one that has what this one lacks. A mere statement of the server
   * counts only against a model that is known to have it: LiteLLM also says no of models that it does not know.
   */
  yieldsTo(other: Verdict): boolean {
    const { aspect } = this.worst;
    const same = other.findings.find((finding) => finding.aspect === aspect);
    return !this.isGood && other.isGood && same !== undefined && rank(same) > rank(this.worst) + 1;
  }
}

const UNKNOWN = GRADES.indexOf('unknown');

function rank({ grade }: Finding): number {
  return GRADES.indexOf(grade);
}

const FRESH_MS = 10 * 60_000;
const RETRY_MS = 60_000;
const MAX_MODELS = 256;
const REASONS: Readonly<Record<Need, string>> = {
  vision: 'no vision',
  tools: 'no tools',
  schema: 'no response schema',
};

/** What one model has shown by its own answers, and until when that counts. */
interface Shown {
  answered?: true;
  served: Set<Need>;
  refused: Map<Need | 'model', number>;
  /** The shortest prompt that was too long. */
  tooLong?: { bytes: number; until: number };
}

/**
 * What the models of one endpoint can serve: from `GET /v1/models`, from LiteLLM's `/model_group/info`, and from their own
 * answers and refusals. Asked for in the background, and kept for ten minutes; no call waits for it.
 */
export class Abilities {
  #listed: readonly string[] | undefined;
  #infos: ReadonlyMap<string, ModelInfo> | undefined;
  #dueAt = Number.NEGATIVE_INFINITY;
  readonly #shown = new Map<string, Shown>();
  readonly #stopped = new AbortController();

  constructor(
    private readonly endpoint: Endpoint,
    private readonly clock: Clock,
  ) {}

  /** Asks in the background when what is known is old. */
  refreshWhenOld(): void {
    if (this.clock.now() >= this.#dueAt) void this.refresh();
  }

  /** Asks the endpoint. @returns its health. Never throws. */
  async refresh(): Promise<Health> {
    this.#dueAt = this.clock.now() + RETRY_MS;
    const { signal } = this.#stopped;
    const health = await checkHealth(this.endpoint, { signal });
    if (!health.reachable) return health;
    this.#listed = health.models ?? this.#listed;
    this.#infos = (await fetchModelInfos(this.endpoint, { signal })) ?? this.#infos;
    this.#dueAt = this.clock.now() + FRESH_MS;
    return health;
  }

  /** Ends the requests that are under way. */
  stop(): void {
    this.#stopped.abort(new Error('the agent has stopped'));
  }

  info(model: string): ModelInfo | undefined {
    return this.#infos?.get(model);
  }

  /** The endpoint has said what its models can do, as LiteLLM does. */
  get describesModels(): boolean {
    return this.#infos !== undefined;
  }

  /** The endpoint says what its models cost. */
  get statesPrices(): boolean {
    return [...(this.#infos?.values() ?? [])].some(({ inputCostPerToken: price }) => price !== undefined);
  }

  judge(model: string, call: Needs): Verdict {
    const needs = call.needs.map((need) => this.#need(model, need));
    return new Verdict([this.#presence(model), this.#length(model, call), ...needs]);
  }

  /** Whether a prompt of so many bytes is known to fit, or to be so long that its tokens have to be counted. */
  mayBeTooLong(model: string, bytes: number): boolean {
    const window = this.info(model)?.contextTokens;
    // A token is at least one byte.
    return window !== undefined && bytes > window;
  }

  served(model: string, { needs, bytes }: Needs): void {
    const shown = this.#of(model);
    shown.answered = true;
    shown.refused.delete('model');
    for (const need of needs) {
      shown.served.add(need);
      shown.refused.delete(need);
    }
    if (shown.tooLong && bytes >= shown.tooLong.bytes) shown.tooLong = undefined;
  }

  refused(model: string, what: Need | 'model'): void {
    const shown = this.#of(model);
    shown.refused.set(what, this.clock.now() + FRESH_MS);
    if (what !== 'model') shown.served.delete(what);
  }

  /** @param bytes of a prompt that the model refused as too long. */
  refusedLength(model: string, bytes: number): void {
    const shown = this.#of(model);
    const known = shown.tooLong && this.clock.now() < shown.tooLong.until ? shown.tooLong.bytes : bytes;
    shown.tooLong = { bytes: Math.min(known, bytes), until: this.clock.now() + FRESH_MS };
  }

  #presence(model: string): Finding {
    const aspect = 'model';
    const reason = `no model ${model}`;
    if (this.#isRefused(model, 'model')) return { aspect, grade: 'no', reason };
    if (this.#shown.get(model)?.answered) return { aspect, grade: 'yes' };
    const listed = this.#listed;
    if (!listed) return { aspect, grade: 'unknown' };
    // Names can stand for others: `llama3` for Ollama's `llama3:latest`, or a pattern of LiteLLM for any. OpenRouter lists
    // `gpt-4o` and serves `gpt-4o:nitro` too.
    const isListed = listed.some(
      (id) => id === model || id.startsWith(`${model}:`) || model.startsWith(`${id}:`) || id.includes('*'),
    );
    return isListed ? { aspect, grade: 'yes' } : { aspect, grade: 'no', reason };
  }

  #length(model: string, { bytes, tokens }: Needs): Finding {
    const aspect = 'length';
    const window = this.info(model)?.contextTokens;
    const tooLong = this.#shown.get(model)?.tooLong;
    if (tooLong && bytes >= tooLong.bytes && this.clock.now() < tooLong.until) {
      return { aspect, grade: 'no', reason: 'prompt too long' };
    }
    if (bytes === 0) return { aspect, grade: 'yes' };
    if (window === undefined) return { aspect, grade: 'unknown' };
    if (bytes <= window || (tokens !== undefined && tokens <= window)) return { aspect, grade: 'yes' };
    if (tokens === undefined) return { aspect, grade: 'unknown' };
    return { aspect, grade: 'no', reason: `prompt of ${tokens} tokens, window of ${window}` };
  }

  #need(model: string, need: Need): Finding {
    const aspect = need;
    const reason = REASONS[need];
    if (this.#isRefused(model, need)) return { aspect, grade: 'no', reason };
    if (this.#shown.get(model)?.served.has(need)) return { aspect, grade: 'yes' };
    const stated = this.info(model)?.[need];
    if (stated === false) return { aspect, grade: 'unlikely', reason };
    return { aspect, grade: stated ? 'yes' : 'unknown' };
  }

  #isRefused(model: string, what: Need | 'model'): boolean {
    return this.clock.now() < (this.#shown.get(model)?.refused.get(what) ?? Number.NEGATIVE_INFINITY);
  }

  #of(model: string): Shown {
    const shown = this.#shown.get(model) ?? { served: new Set(), refused: new Map() };
    setBounded(this.#shown, model, shown, MAX_MODELS);
    return shown;
  }
}
