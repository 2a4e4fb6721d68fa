import { PRIMARIES } from '../primaries.js';
import type { Fault } from '../stand-in/fault.js';

/** The matrix: every published primary × fault × kind of call. */

const status = (status: number, extra: Partial<Extract<Fault, { kind: 'status' }>> = {}): Fault => ({
  kind: 'status',
  status,
  ...extra,
});

/** Faults of the primary. `refused`: nothing listens at its address. */
export const FAULTS = {
  'HTTP 429': status(429),
  'HTTP 429, Retry-After': status(429, { headers: { 'retry-after': '9' } }),
  'HTTP 402': status(402),
  'HTTP 500': status(500),
  'HTTP 502, HTML': status(502, { contentType: 'text/html', body: '<html><h1>502 Bad Gateway</h1></html>' }),
  'HTTP 503': status(503),
  'HTTP 529': status(529),
  refused: 'refused',
  dropped: { kind: 'drop' },
  hung: { kind: 'hang' },
  'HTTP 200, garbage': { kind: 'garbage' },
  'HTTP 200, wrong shape': { kind: 'mis-shaped' },
  'HTTP 200, error inside': { kind: 'error-inside' },
  'HTTP 200, half': { kind: 'cut-body' },
  'HTTP 401': status(401),
} satisfies Record<string, Fault | 'refused'>;

/** Faults of a stream after its first two chunks. */
export const CUTS = {
  'cut: socket': { kind: 'cut' },
  'cut: error event': { kind: 'error-event' },
  'cut: response.failed': { kind: 'failed-event' },
  'cut: no finish': { kind: 'no-finish' },
  'cut: stall': { kind: 'stall' },
} satisfies Record<string, Fault>;

export type CutName = keyof typeof CUTS;
export type FaultName = keyof typeof FAULTS | CutName;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
export const CUT_NAMES = Object.keys(CUTS) as CutName[];

export function isCut(fault: string): fault is CutName {
  return fault in CUTS;
}

/** Model type and params of each kind of call. */
export const KINDS = {
  text: { modelType: 'TEXT_SMALL', params: { prompt: 'hi' }, streamed: false },
  'streamed text': { modelType: 'TEXT_LARGE', params: { prompt: 'hi' }, streamed: true },
  object: { modelType: 'OBJECT_SMALL', params: { prompt: 'hi' }, streamed: false },
  embedding: { modelType: 'TEXT_EMBEDDING', params: { text: 'hi' }, streamed: false },
  image: { modelType: 'IMAGE', params: { prompt: 'a cat' }, streamed: false },
} as const;

export type Kind = keyof typeof KINDS;

const TEXTS: Kind[] = ['text', 'streamed text', 'object'];

/** The kinds of call that each plugin supports. */
export const KINDS_OF: Readonly<Record<string, readonly Kind[]>> = {
  openai: [...TEXTS, 'embedding', 'image'],
  anthropic: TEXTS,
  openrouter: [...TEXTS, 'embedding', 'image'],
  groq: [...TEXTS, 'image'],
  elizaOSCloud: [...TEXTS, 'embedding', 'image'],
  ollama: [...TEXTS, 'embedding'],
  'google-genai': [...TEXTS, 'embedding'],
};

/** Plugins that stream. The others return the whole text for a streamed call. */
const STREAMING = ['openai', 'openrouter', 'elizaOSCloud'];

export interface Cell {
  plugin: string;
  kind: Kind;
  /** `none`: the primary is healthy. */
  fault: FaultName | 'none';
}

export type Outcome = 'primary' | 'ElizaNet' | 'own error';

/** What has to come of a cell: no fault of a primary reaches the caller. */
export function expectedOutcome({ fault }: Pick<Cell, 'fault'>): Outcome {
  return fault === 'none' ? 'primary' : 'ElizaNet';
}

/** Whether the fault is detected only by `ELIZANET_PRIMARY_TIMEOUT`. */
export function isTimed({ fault }: Pick<Cell, 'fault'>): boolean {
  return fault === 'hung' || fault === 'cut: stall';
}

export function cellsOf(plugin: string): Cell[] {
  return (KINDS_OF[plugin] ?? []).flatMap((kind) => {
    const cuts = KINDS[kind].streamed && STREAMING.includes(plugin) ? CUT_NAMES : [];
    const faults: Cell['fault'][] = ['none', ...FAULT_NAMES, ...cuts];
    return faults.map((fault) => ({ plugin, kind, fault }));
  });
}

export const PLUGINS = PRIMARIES.map(({ name }) => name);
