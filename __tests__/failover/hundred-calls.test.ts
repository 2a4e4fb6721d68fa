import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../lab/fake-clock.js';
import { collector, createGuarded, type Guarded, primary, statusError, textStream } from '../../lab/guarded.js';
import type { Fault } from '../../lab/stand-in/fault.js';
import { type StandIn, startStandIn } from '../../lab/stand-in/server.js';

const CALLS = 100;
/** A busy machine needs long for so many calls. */
const LIMIT_MS = 120_000;
const COOLDOWN_MS = 15_000;
const LIMITED: Fault = { kind: 'status', status: 429 };
const DOWN: Fault = { kind: 'status', status: 503 };

let clock: FakeClock;
let upstream: StandIn;
let guarded: Guarded;

/** The call that a request belongs to. Prompts carry it, and answers repeat it. */
const idOf = (body: object) => /wave \d+ call \d+/.exec(JSON.stringify(body))?.[0] ?? 'no call';
const text = (by: string, id: string) => `${by} answers ${id} in a few more words.`;
const idsAt = (standIn: StandIn, wave: number) =>
  standIn.calls.map(({ body }) => idOf(body)).filter((id) => id.startsWith(`wave ${wave} `));

beforeEach(async () => {
  clock = fakeClock();
  upstream = await startStandIn({ text: (body) => text('Primary', idOf(body)) });
  guarded = await createGuarded({
    plugins: [primary({ TEXT_LARGE: askUpstream })],
    settings: { ELIZANET_COOLDOWN: COOLDOWN_MS },
    options: { clock, random: () => 0 },
    elizaNet: { text: (body) => text('ElizaNet', idOf(body)) },
  });
});

afterEach(async () => {
  await guarded.stop();
  await upstream.close();
});

/** A primary that makes one request per call. */
async function askUpstream({ prompt, stream }: Record<string, unknown>) {
  const body = JSON.stringify({ messages: [{ role: 'user', content: prompt }] });
  const response = await fetch(`${upstream.url}/v1/chat/completions`, { method: 'POST', body });
  if (!response.ok) throw statusError(response.status);
  const { choices } = (await response.json()) as { choices: [{ message: { content: string } }] };
  const [{ message }] = choices;
  return stream ? textStream(message.content.split(/(?<= )/)) : message.content;
}

/** A hundred concurrent calls, every other one streamed. @returns the provider of each complete answer */
async function askHundred(wave: number, underWay: () => void = () => {}): Promise<string[]> {
  const calls = Array.from({ length: CALLS }, async (_, number) => {
    const id = `wave ${wave} call ${number}`;
    const { chunks, onStreamChunk } = collector();
    const streamed = number % 2 === 1;
    const params = { prompt: id, ...(streamed ? { onStreamChunk } : {}) };
    const answer: unknown = await guarded.runtime.useModel('TEXT_LARGE', params);
    if (streamed) expect(chunks.join('')).toBe(answer);
    return ['Primary', 'ElizaNet'].find((by) => answer === text(by, id)) ?? `neither: ${answer}`;
  });
  underWay();
  return Promise.all(calls);
}

const all = (by: string) => Array<string>(CALLS).fill(by);
const everyId = (wave: number) => Array.from({ length: CALLS }, (_, number) => `wave ${wave} call ${number}`);
const sorted = (ids: string[]) => ids.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

describe('a hundred concurrent calls when the primary begins to fail', () => {
  it.each([LIMITED, DOWN])(
    'each get one complete answer, and ElizaNet gets each call once: %o',
    async (fault) => {
      upstream.fault = fault;
      expect(await askHundred(1)).toEqual(all('ElizaNet'));
      expect(sorted(idsAt(guarded.elizaNet, 1))).toEqual(everyId(1));
    },
    LIMIT_MS,
  );

  it(
    'open the circuit; then one probe at a time calls the primary, until it has recovered',
    async () => {
      upstream.fault = LIMITED;
      await askHundred(1);
      expect(await askHundred(2)).toEqual(all('ElizaNet'));
      clock.advance(COOLDOWN_MS);
      upstream.fault = { kind: 'hang' };
      // The probe is hedged; the other calls do not wait for it.
      expect(await askHundred(3, () => clock.advance(1_500))).toEqual(all('ElizaNet'));
      expect(await askHundred(4)).toEqual(all('ElizaNet'));
      expect([2, 3, 4].flatMap((wave) => idsAt(upstream, wave))).toEqual(['wave 3 call 0']);
      for (const wave of [2, 3, 4]) expect(sorted(idsAt(guarded.elizaNet, wave))).toEqual(everyId(wave));
      // The probe times out; the next one succeeds.
      clock.advance(120_000);
      upstream.fault = { kind: 'none' };
      clock.advance(COOLDOWN_MS * 2);
      expect(await askHundred(5)).toEqual(['Primary', ...all('ElizaNet').slice(1)]);
      expect(await askHundred(6)).toEqual(all('Primary'));
      expect(idsAt(guarded.elizaNet, 6)).toEqual([]);
    },
    LIMIT_MS,
  );
});
