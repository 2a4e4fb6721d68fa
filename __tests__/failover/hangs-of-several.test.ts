import { afterEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import {
  createGuarded,
  type Guarded,
  type GuardedOptions,
  type Handler,
  primary,
  statusError,
} from '../../lab/guarded.js';
import { timedCall, turns } from '../../lab/timed-call.js';

const SECOND = 1_000;
let guarded: Guarded;
let clock: FakeClock;

const hangs: Handler = () => new Promise(() => {});
const fails =
  (statusCode: number): Handler =>
  async () => {
    throw statusError(statusCode);
  };
const answersAfter =
  (ms: number, text: string): Handler =>
  () =>
    new Promise((resolve) => void clock.after(ms, () => resolve(text)));

/** Real providers of one model type in this order; the last stands in for ElizaNet on the fake clock. */
const start = async (handlers: readonly Handler[], settings: GuardedOptions['settings'] = {}) => {
  clock = fakeClock();
  guarded = await createGuarded({
    plugins: handlers.map((handler, i) =>
      primary({ TEXT_LARGE: handler, NOT_OF_ELIZANET: handler }, `provider ${i + 1}`),
    ),
    settings,
    options: { clock, random: () => 0 },
  });
};
const ask = (options: { abortSignal?: AbortSignal } = {}) =>
  guarded.runtime.useModel('TEXT_LARGE', { prompt: 'hi', ...options });
const timed = (stepMs?: number) => timedCall(clock, ask(), stepMs);

afterEach(() => guarded.stop());

describe('a primary that hangs when the agent stops', () => {
  const signals: AbortSignal[] = [];
  const hangsUntilAborted: Handler = (params) => {
    const { abortSignal } = params as { abortSignal: AbortSignal };
    signals.push(abortSignal);
    return new Promise((_, reject) => abortSignal.addEventListener('abort', () => reject(abortSignal.reason)));
  };

  it('is cancelled, and leaves no timer, when another provider has answered', async () => {
    await start([hangsUntilAborted, answersAfter(SECOND, 'second')]);
    await timedCall(clock, ask({ abortSignal: new AbortController().signal }));
    expect(clock.pendingCount).toBe(1);
    await guarded.stop();
    expect(signals.pop()?.aborted).toBe(true);
    expect(clock.pendingCount).toBe(0);
  });

  it('is cancelled as soon as another provider answers after that', async () => {
    await start([hangsUntilAborted, answersAfter(SECOND, 'second')]);
    const call = ask({ abortSignal: new AbortController().signal });
    await turns();
    clock.advance(15 * SECOND);
    await turns();
    await guarded.stop();
    expect(await timedCall(clock, call)).toMatchObject({ answer: 'second' });
    clock.advance(0);
    expect(signals.pop()?.aborted).toBe(true);
    expect(clock.pendingCount).toBe(0);
  });
});

describe('a primary that hangs, with several providers', () => {
  it('is followed by the third when the second refuses the request', async () => {
    await start([hangs, fails(400), answersAfter(SECOND, 'third')]);
    expect(await timed()).toEqual({ answer: 'third', ms: 16 * SECOND });
  });

  it('is followed by each in turn when they all hang', async () => {
    await start([hangs, hangs, hangs, answersAfter(SECOND, 'fourth')]);
    expect(await timed()).toEqual({ answer: 'fourth', ms: 46 * SECOND });
    expect(await timed()).toEqual({ answer: 'fourth', ms: SECOND });
  });

  it('is hedged as soon as the circuit of the next provider lets a probe through', async () => {
    let isUp = false;
    const first: Handler = (params) => (isUp ? hangs(params) : fails(500)(params));
    const second: Handler = (params) => (isUp ? answersAfter(SECOND, 'second') : fails(429))(params);
    await start([first, second], { ELIZANET_HEDGE_AFTER: 5_000 });
    const askOthers = () => guarded.runtime.useModel('NOT_OF_ELIZANET' as 'TEXT_LARGE', { prompt: 'hi' });
    await expect(askOthers()).rejects.toMatchObject({ code: 'ALL_PROVIDERS_FAILED' });
    isUp = true;
    expect(await timedCall(clock, askOthers())).toEqual({ answer: 'second', ms: 16 * SECOND });
  });

  it('has its own failure named when it fails after its silence, not the silence', async () => {
    const failsLate: Handler = () =>
      new Promise((_, reject) => void clock.after(20 * SECOND, () => reject(statusError(503))));
    await start([failsLate, fails(500)], { ELIZANET_FALLBACK_ON: 'server' });
    guarded.elizaNet.fault = { kind: 'status', status: 500 };
    const call = ask().catch((error) => error);
    const { answer } = await timedCall(clock, call);
    expect((answer as Error).message).toContain('provider 1 server 503 20.0 s → provider 2 server 500');
  });

  it('is probed after ELIZANET_HEDGE_AFTER when that is shorter than ELIZANET_PROBE_HEDGE', async () => {
    const settings = { ELIZANET_HEDGE_AFTER: 500, ELIZANET_FAILURE_THRESHOLD: 1 };
    await start([hangs, answersAfter(SECOND, 'second')], settings);
    expect((await timed()).ms).toBe(1_500);
    clock.advance(20 * SECOND);
    expect((await timed()).ms).toBe(1_500);
  });
});
