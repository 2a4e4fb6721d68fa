import { type Fault, HEALTHY } from '../../../lab/stand-in/fault.js';
import type { Random } from '../../../src/core/clock.js';

/** What each provider does with a call. Part of the call's prompt, where the stand-ins read it. */
export interface Scenario {
  call: number;
  openai: FaultName;
  groq: FaultName;
  elizanet: FaultName;
}

const FAULTS = {
  ok: HEALTHY,
  limited: { kind: 'status', status: 429 },
  broken: { kind: 'status', status: 500 },
  // Such a connection outlives its call, since the SDKs are given no signal: without an end they would pile up for undici's five minutes.
  hang: { kind: 'hang', endsAfterMs: 2_500 },
  html: { kind: 'garbage' },
  cut: { kind: 'cut' },
  stall: { kind: 'stall', endsAfterMs: 2_500 },
  empty: { kind: 'empty-stream', finish: false },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

const NAMES = Object.keys(FAULTS) as FaultName[];

export function randomScenario(call: number, random: Random): Scenario {
  const any = () => NAMES[Math.floor(random() * NAMES.length)] ?? 'ok';
  const mostly = (share: number) => (random() < share ? 'ok' : any());
  // plugin-groq returns a sentence of apology for a failed request.
  return { call, openai: mostly(0.4), groq: random() < 0.3 ? 'broken' : 'ok', elizanet: mostly(0.8) };
}

export function markOf({ call, openai, groq, elizanet }: Scenario): string {
  return `[call ${call} openai=${openai} groq=${groq} elizanet=${elizanet}]`;
}

const MARK = /\[call (\d+) openai=(\w+) groq=(\w+) elizanet=(\w+)\]/;

/** The scenario that a request belongs to; of a batch, that of its first text. */
export function scenarioIn(body: object): Scenario | undefined {
  const [mark, call, openai, groq, elizanet] = MARK.exec(JSON.stringify(body)) ?? [];
  if (mark === undefined) return undefined;
  return { call: Number(call), openai, groq, elizanet } as Scenario;
}

export function faultNamed(name: FaultName): Fault {
  return FAULTS[name];
}
