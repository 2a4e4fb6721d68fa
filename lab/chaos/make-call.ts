import type { Guarded } from '../guarded.js';
import type { ChaosCall } from './scenario.js';
import type { World } from './world.js';

/** What has become of one of the agent's calls. Times are on the clock. */
export interface CallOutcome {
  call: ChaosCall;
  number: number;
  startedAt: number;
  /** The call was made while the guard was installed. */
  guarded: boolean;
  settled?: { at: number; value?: unknown; error?: { is: unknown } };
  aborted?: { at: number; reason: unknown; before: boolean };
  chunks: string[];
  chunksAfterEnd: number;
  /** How reading its raw stream has ended. */
  read?: { at: number; text: string; left: boolean; error?: { is: unknown } };
  /** Ends a stream that has no reader. */
  close?: () => void;
}

interface Agent {
  world: World;
  guarded: Guarded;
  isStopped: boolean;
}

/** Makes one of the agent's calls, aborts it and reads its stream as the scenario says. */
export function makeCall(number: number, call: ChaosCall, at: Agent): CallOutcome {
  const { world, guarded, isStopped } = at;
  const { clock } = world;
  const outcome: CallOutcome = {
    call,
    number,
    startedAt: clock.now(),
    guarded: !isStopped,
    chunks: [],
    chunksAfterEnd: 0,
  };
  const controller = new AbortController();
  const { abortAfterMs } = call;
  if (abortAfterMs !== undefined) {
    const reason = new Error(`call ${number} is not wanted`);
    world.after(abortAfterMs, () => {
      outcome.aborted = { at: clock.now(), reason, before: outcome.settled === undefined };
      controller.abort(reason);
    });
  }
  const asked = guarded.runtime.useModel(call.type, paramsOf(outcome, controller.signal) as never);
  Promise.resolve(asked).then(
    (value: unknown) => {
      outcome.settled = { at: clock.now(), value };
      read(outcome, value, world);
    },
    (error) => {
      outcome.settled = { at: clock.now(), error: { is: error } };
    },
  );
  return outcome;
}

function paramsOf(outcome: CallOutcome, signal: AbortSignal): Record<string, unknown> {
  const { call, number } = outcome;
  const prompt = `call-${number}`;
  const signals = call.abortAfterMs === undefined ? {} : { signal, abortSignal: signal };
  if (call.type === 'TEXT_EMBEDDING') return { text: prompt, ...signals };
  if (call.type === 'OBJECT_LARGE' || call.how === 'plain') return { prompt, ...signals };
  if (call.how !== 'callback') return { prompt, stream: true, ...signals };
  const onStreamChunk = (chunk: string) => {
    outcome.chunks.push(chunk);
    if (outcome.settled) outcome.chunksAfterEnd++;
  };
  return { prompt, onStreamChunk, ...signals };
}

function read(outcome: CallOutcome, value: unknown, world: World): void {
  if (!isStream(value)) return;
  const { how, readMs } = outcome.call;
  const over = (end: { text: string; left: boolean; error?: { is: unknown } }) => {
    outcome.read = { at: world.clock.now(), ...end };
  };
  let text = '';
  const reading = async () => {
    if (how === 'text') {
      text = await value.text;
      return false;
    }
    for await (const chunk of value.textStream) {
      text += chunk;
      if (readMs > 0) await world.sleep(readMs);
      if (how === 'part') return true;
    }
    return false;
  };
  if (how === 'never') {
    const chunks = value.textStream[Symbol.asyncIterator]();
    outcome.close = () => void Promise.resolve(chunks.return?.()).catch(() => {});
    return;
  }
  reading().then(
    (left) => over({ text, left }),
    (error) => over({ text, left: false, error: { is: error } }),
  );
}

interface RawStream {
  textStream: AsyncIterable<string>;
  text: Promise<string>;
}

export function isStream(value: unknown): value is RawStream {
  return typeof value === 'object' && value !== null && 'textStream' in value;
}
