import { isDeepStrictEqual } from 'node:util';
import { collector } from '../../../lab/guarded.js';
import { isCut, isTimed } from '../../../lab/matrix/cells.js';
import { faultOf, prefixOf, waitProblems } from '../../../lab/matrix/laboratory.js';
import { NATIVE_KINDS, type NativeCell, type NativeKind } from '../../../lab/matrix/native-cells.js';
import { createNextGuarded } from '../../../lab/next-core/guarded.js';
import type { Fault } from '../../../lab/stand-in/fault.js';
import { closedPort, type StandIn, startStandIn } from '../../../lab/stand-in/server.js';
import { describeAttempts } from '../../../src/core/failover-errors.js';
import { getLastAttempts, PROVIDER_NAME } from '../../../src/index.js';
import { type AiSdk, aiSdkPrimary } from './ai-sdk-primary.js';

export interface NativeCellResult extends NativeCell {
  outcome: Answerer | 'nothing';
  /** Violated requirements, in words. */
  problems: string[];
  /** The attempts, from the plugin's ledger. */
  route: string;
}

const ARGUMENTS = { primary: '{"reply":"by the primary"}', ElizaNet: '{"reply":"by ElizaNet"}' };
const OBJECT = { primary: { by: 'primary' }, ElizaNet: { by: 'ElizaNet' } };
const CALL_ID = { primary: 'call_p', ElizaNet: 'call_e' };

type Answerer = keyof typeof ARGUMENTS;
const ANSWERERS = ['primary', 'ElizaNet'] as const;

const PRIMARY_TIMEOUT_MS = 1_000;

/** What each side answers: a call of the tool, or the object of the response schema. */
const script = (by: Answerer) => ({
  toolCall: () => ({ id: CALL_ID[by], name: 'HANDLE_RESPONSE', arguments: ARGUMENTS[by] }),
  object: OBJECT[by],
});

/**
 * Runs the native cells of a primary written with the AI SDK, against one stand-in for its provider. Each cell has its own
 * runtime and its own path prefix, so that the retries of an earlier cell go on meeting that cell's fault.
 */
export class AiSdkLaboratory {
  readonly #faults = new Map<string, Fault>();
  #cellCount = 0;

  private constructor(
    private readonly sdk: AiSdk,
    private readonly upstream: StandIn,
    private readonly deadAddress: string,
  ) {
    upstream.fault = ({ path }) => this.#faults.get(prefixOf(path)) ?? { kind: 'none' };
  }

  static async open(sdk: AiSdk): Promise<AiSdkLaboratory> {
    return new AiSdkLaboratory(sdk, await startStandIn(script('primary')), await closedPort());
  }

  async run(cell: NativeCell): Promise<NativeCellResult> {
    const prefix = `cell-${++this.#cellCount}`;
    const fault = faultOf(cell);
    if (fault && fault !== 'refused') this.#faults.set(prefix, fault);
    const address = fault === 'refused' ? this.deadAddress : this.upstream.url;
    const limits = { ELIZANET_PRIMARY_TIMEOUT: PRIMARY_TIMEOUT_MS, ELIZANET_PRIMARY_IDLE_TIMEOUT: PRIMARY_TIMEOUT_MS };
    const { runtime, core, elizaNet, stop } = await createNextGuarded({
      plugins: [aiSdkPrimary(this.sdk, `${address}/${prefix}`)],
      elizaNet: script('ElizaNet'),
      settings: isTimed(cell) ? limits : {},
    });
    const { params, streamed } = NATIVE_KINDS[cell.kind];
    const { chunks, onStreamChunk } = collector();
    const call = { ...params, ...(streamed ? { onStreamChunk } : {}) };
    let value: unknown;
    try {
      value = await runtime.useModel('RESPONSE_HANDLER' as 'TEXT_LARGE', call as never);
    } catch (error) {
      value = error;
    }
    const outcome = ANSWERERS.find((by) => isAnswerOf(by, cell.kind, value)) ?? 'nothing';
    const problems = [
      ...(outcome === 'nothing' ? [`not an answer: ${describe(value)}`] : []),
      ...waitProblems(
        this.upstream.calls.filter(({ path }) => prefixOf(path) === prefix),
        elizaNet.calls,
      ),
      ...chunkProblems(chunks.join(''), cell, outcome),
      ...problemIf(
        elizaNet.calls.length !== (outcome === 'ElizaNet' ? 1 : 0),
        `ElizaNet: ${elizaNet.calls.length} calls`,
      ),
      ...problemIf(
        core.answeredBy.join() !== (outcome === 'ElizaNet' ? PROVIDER_NAME : 'openai'),
        `core's log names ${core.answeredBy.join(', ') || 'no provider'}`,
      ),
    ];
    const route = describeAttempts(getLastAttempts(runtime));
    await stop();
    return { ...cell, outcome, problems, route };
  }

  /** Ends the background retries of the SDK: every request is answered with 401 from now on. */
  windDown(): void {
    this.upstream.fault = { kind: 'status', status: 401 };
    this.upstream.disconnect();
  }

  close(): Promise<void> {
    return this.upstream.close();
  }
}

function isAnswerOf(by: Answerer, kind: NativeKind, value: unknown): boolean {
  const { text, toolCalls, finishReason } = (value ?? {}) as Record<string, unknown>;
  if (kind === 'call with a response schema') {
    return text === JSON.stringify(OBJECT[by]) && isDeepStrictEqual(toolCalls, []);
  }
  const whole = { id: CALL_ID[by], name: 'HANDLE_RESPONSE', arguments: JSON.parse(ARGUMENTS[by]) };
  return finishReason === 'tool-calls' && isDeepStrictEqual(toolCalls, [whole]);
}

/** Only a structured stream delivers chunks: the arguments of the tool call, of one provider only. */
function chunkProblems(chunks: string, { kind, fault }: NativeCell, outcome: NativeCellResult['outcome']): string[] {
  const whole = kind === 'structured stream' && outcome !== 'nothing' ? ARGUMENTS[outcome] : '';
  // A stream that was cut has delivered the beginning of the primary's call, and nothing of ElizaNet's.
  const isBeginning = isCut(fault) && chunks !== '' && whole !== '' && ARGUMENTS.primary.startsWith(chunks);
  return problemIf(chunks !== whole && !isBeginning, `the chunks are ${JSON.stringify(chunks)}`);
}

function problemIf(isViolated: boolean, problem: string): string[] {
  return isViolated ? [problem] : [];
}

function describe(value: unknown): string {
  return value instanceof Error ? String(value) : String(JSON.stringify(value)).slice(0, 200);
}
