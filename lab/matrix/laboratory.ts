import type { Plugin } from '@elizaos/core';
import { describeAttempts } from '../../src/core/failover-errors.js';
import { createElizaNetFallbackPlugin, getLastAttempts, PROVIDER_NAME } from '../../src/index.js';
import { collector } from '../guarded.js';
import type { Primary } from '../primaries.js';
import { createRuntime } from '../runtime.js';
import type { Fault } from '../stand-in/fault.js';
import { isModelCall } from '../stand-in/protocols.js';
import { closedPort, now, type RecordedRequest, type StandIn, startStandIn } from '../stand-in/server.js';
import { type Cell, CUTS, FAULTS, isCut, isTimed, KINDS, type Kind, type Outcome } from './cells.js';

export interface CellResult extends Cell {
  outcome: Outcome | 'nothing';
  /** Violated requirements, in words. */
  problems: string[];
  /** The attempts, from the plugin's ledger. */
  route: string;
  /** Duration of the call, in milliseconds. */
  totalMs: number;
  /** Time to the primary's first failing response, in milliseconds; 0 when the connection was refused. */
  failingAfterMs: number;
  /** Duration of the same call pinned to ElizaNet, in milliseconds. Only with `timeElizaNet`. */
  elizaNetMs?: number;
}

export interface LaboratoryOptions {
  timeElizaNet?: boolean;
}

const HANG_AFTER_MS = 30_000;
const PRIMARY_TIMEOUT_MS = 2_000;

const TEXT = { primary: 'The primary answers.', ElizaNet: 'ElizaNet answers this one.' };
const OBJECT = { primary: { by: 'primary' }, ElizaNet: { by: 'ElizaNet' } };
const IMAGE = { primary: 'http://images.invalid/primary.png', ElizaNet: 'http://images.invalid/elizanet.png' };
/** The vectors differ in one small component, so that they count as one embedding space. */
const MARK = { primary: 0.01, ElizaNet: -0.01 };
const WIDTHS: Record<string, number> = { 'google-genai': 768 };

type Answerer = keyof typeof TEXT;

/**
 * Runs the cells of one published plugin against one stand-in. Each cell has its own runtime and its own path prefix at
 * the stand-ins, so that cells can run concurrently over the same connections.
 */
export class Laboratory {
  readonly #faults = new Map<string, Fault>();
  #cellCount = 0;
  #pendingCount = 0;

  private constructor(
    private readonly primary: Primary,
    private readonly plugin: Plugin,
    private readonly upstream: StandIn,
    private readonly elizaNet: StandIn,
    private readonly deadAddress: string,
    private readonly options: LaboratoryOptions,
  ) {
    upstream.fault = ({ path }) =>
      (isModelCall(path) ? this.#faults.get(prefixOf(path)) : undefined) ?? { kind: 'none' };
  }

  static async open(primary: Primary, options: LaboratoryOptions = {}): Promise<Laboratory> {
    const width = WIDTHS[primary.name] ?? 1536;
    const [upstream, elizaNet] = [await provider('primary', width), await provider('ElizaNet', width)];
    return new Laboratory(primary, await primary.load(), upstream, elizaNet, await closedPort(), options);
  }

  /** Handlers of the primary that have not returned yet, including those whose call was answered by ElizaNet. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** Sets where the next calls go, for a plugin whose SDK reads its base URL from the environment. */
  direct(to: 'upstream' | 'nowhere'): void {
    const { addressVariable } = this.primary;
    if (addressVariable) process.env[addressVariable] = to === 'nowhere' ? this.deadAddress : this.upstream.url;
  }

  async run(cell: Cell): Promise<CellResult> {
    const prefix = `cell-${++this.#cellCount}`;
    const fault = faultOf(cell);
    const seen: { error?: unknown } = {};
    const { runtime, logs } = await createRuntime({
      plugins: [this.#observed(seen), createElizaNetFallbackPlugin()],
      settings: {
        ...this.primary.settings(`${fault === 'refused' ? this.deadAddress : this.upstream.url}/${prefix}`),
        ELIZANET_BASE_URL: `${this.elizaNet.url}/${prefix}`,
        ...(isTimed(cell) ? { ELIZANET_PRIMARY_TIMEOUT: PRIMARY_TIMEOUT_MS } : {}),
      },
    });
    if (fault && fault !== 'refused') this.#faults.set(prefix, fault);
    const { modelType, params, streamed } = KINDS[cell.kind];
    const { chunks, onStreamChunk } = collector();
    const ask = (listener: (chunk: string) => void, provider?: string) =>
      runtime.useModel(modelType, { ...params, ...(streamed ? { onStreamChunk: listener } : {}) } as never, provider);
    const callsOf = (standIn: StandIn) => standIn.calls.filter(({ path }) => prefixOf(path) === prefix);
    const before = callsOf(this.upstream).length;
    const startedAt = now();
    const end = await inTime(ask(onStreamChunk));
    const totalMs = now() - startedAt;
    const calls = callsOf(this.upstream).slice(before);
    const elizaNetCalls = callsOf(this.elizaNet);
    const outcome = outcomeOf(cell.kind, end, seen.error);
    const problems = [
      ...(outcome === 'nothing' ? [describe(end)] : []),
      ...waitProblems(calls, elizaNetCalls),
      ...(streamed ? streamProblems(chunks.join(''), cell, end, outcome) : []),
      ...logProblems(logs, outcome, cell.plugin),
      ...(elizaNetCalls.length > (outcome === 'ElizaNet' ? 1 : 0)
        ? [`ElizaNet was called ${elizaNetCalls.length} times`]
        : []),
    ];
    const route = describeAttempts(getLastAttempts(runtime));
    const result = { ...cell, outcome, problems, route, totalMs, failingAfterMs: failingAfter(calls, startedAt) };
    if (!this.options.timeElizaNet) return result;
    const askedAt = now();
    await ask(() => {}, PROVIDER_NAME);
    return { ...result, elizaNetMs: now() - askedAt };
  }

  /** Ends the background retries of the primaries: every request is answered with 401 from now on. */
  windDown(): void {
    this.#faults.clear();
    this.upstream.fault = { kind: 'status', status: 401 };
    this.upstream.disconnect();
  }

  async close(): Promise<void> {
    await Promise.all([this.upstream.close(), this.elizaNet.close()]);
  }

  /** The published plugin, with handlers that report their errors and when they return. */
  #observed(seen: { error?: unknown }): Plugin {
    const handlers = Object.entries(this.plugin.models ?? {}).map(([type, handler]) => {
      const observed = async (...args: unknown[]) => {
        this.#pendingCount++;
        try {
          return await (handler as (...args: unknown[]) => unknown)(...args);
        } catch (error) {
          seen.error = error;
          throw error;
        } finally {
          this.#pendingCount--;
        }
      };
      return [type, observed];
    });
    return { ...this.plugin, models: Object.fromEntries(handlers) };
  }
}

export function faultOf({ fault }: Pick<Cell, 'fault'>): Fault | 'refused' | undefined {
  if (fault === 'none') return undefined;
  return isCut(fault) ? CUTS[fault] : FAULTS[fault];
}

type End = { value: unknown } | { error: unknown } | 'hangs';

function inTime(promise: Promise<unknown>): Promise<End> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('hangs'), HANG_AFTER_MS);
    const settle = (end: End) => {
      clearTimeout(timer);
      resolve(end);
    };
    promise.then(
      (value) => settle({ value }),
      (error) => settle({ error }),
    );
  });
}

function provider(by: Answerer, dimensions: number): Promise<StandIn> {
  const vector = () => {
    const values = new Array<number>(dimensions).fill(1 / Math.sqrt(dimensions));
    values[1] = MARK[by];
    return values;
  };
  return startStandIn({ text: TEXT[by], object: OBJECT[by], imageUrl: IMAGE[by], vector });
}

/** `/cell-7/v1/responses` and `/v1beta/models/cell-7:generateContent` both belong to `cell-7`. */
export function prefixOf(path: string): string {
  return /\/(cell-\d+)[/:]/.exec(path)?.[1] ?? '';
}

function outcomeOf(kind: Kind, end: End, thrown: unknown): CellResult['outcome'] {
  if (end === 'hangs') return 'nothing';
  if ('error' in end) return thrown !== undefined && end.error === thrown ? 'own error' : 'nothing';
  return (['primary', 'ElizaNet'] as const).find((by) => isAnswerOf(by, kind, end.value)) ?? 'nothing';
}

function isAnswerOf(by: Answerer, kind: Kind, value: unknown): boolean {
  if (kind === 'object') return (value as typeof OBJECT.primary | undefined)?.by === OBJECT[by].by;
  if (kind === 'image') return (value as { url?: string }[] | undefined)?.[0]?.url === IMAGE[by];
  if (kind === 'embedding') return Math.sign((value as number[] | undefined)?.[1] ?? 0) === Math.sign(MARK[by]);
  return value === TEXT[by];
}

function describe(end: End): string {
  if (end === 'hangs') return `no result within ${HANG_AFTER_MS} ms`;
  if ('error' in end) return `not the primary's own error: ${String(end.error)}`;
  return `not an answer: ${JSON.stringify(end.value)?.slice(0, 200)}`;
}

function streamProblems(chunks: string, { fault }: Cell, end: End, outcome: CellResult['outcome']): string[] {
  const text = end !== 'hangs' && 'value' in end ? String(end.value) : '';
  // A cut stream delivers its first two words and nothing of ElizaNet's answer. With a broken socket the words may get
  // lost, and the call fails over as a whole.
  const cut = isCut(fault) && chunks === 'The primary ';
  const whole = (!isCut(fault) || fault === 'cut: socket') && chunks === text;
  // Some plugins return the whole text for a streamed call, without chunks.
  const withoutStream = outcome === 'primary' && chunks === '';
  return cut || whole || withoutStream ? [] : [`the chunks are ${JSON.stringify(chunks)}`];
}

function logProblems(logs: { provider: string }[], outcome: CellResult['outcome'], plugin: string): string[] {
  const wanted = { primary: [plugin], ElizaNet: [PROVIDER_NAME], 'own error': [], nothing: [] }[outcome];
  const names = logs.map(({ provider }) => provider);
  return names.join() === wanted.join() ? [] : [`core's log names ${names.join(', ') || 'no provider'}`];
}

/** ElizaNet must be called after the primary's first failed request, before its retry. */
export function waitProblems(calls: RecordedRequest[], elizaNetCalls: RecordedRequest[]): string[] {
  const askedAt = elizaNetCalls[0]?.at ?? Number.POSITIVE_INFINITY;
  const before = calls.filter(({ at }) => at < askedAt).length;
  return before > 1 ? [`the primary received ${before} requests before ElizaNet was called`] : [];
}

function failingAfter(calls: RecordedRequest[], startedAt: number): number {
  const answeredAt = calls[0]?.answeredAt;
  return answeredAt === undefined ? 0 : answeredAt - startedAt;
}
