import { STAGE_1 } from '../next-core/native.js';
import { type Cell, CUT_NAMES, FAULT_NAMES } from './cells.js';

/** The rows of the matrix for native calls: a primary written with the AI SDK × fault × kind of native call. */

/** Params of each kind of native call, and whether its answer is streamed. */
export const NATIVE_KINDS = {
  'native call': { params: STAGE_1, streamed: false },
  'native stream with tools': { params: STAGE_1, streamed: true },
  'structured stream': { params: { ...STAGE_1, streamStructured: true }, streamed: true },
  'call with a response schema': {
    params: { messages: STAGE_1.messages, responseSchema: { type: 'object', properties: { by: { type: 'string' } } } },
    streamed: false,
  },
} as const;

export type NativeKind = keyof typeof NATIVE_KINDS;

export interface NativeCell {
  /** The primary's row in the matrix. */
  plugin: 'ai-sdk';
  kind: NativeKind;
  /** `none`: the primary is healthy. */
  fault: Cell['fault'];
}

export const NATIVE_CELLS: readonly NativeCell[] = (Object.keys(NATIVE_KINDS) as NativeKind[]).flatMap((kind) => {
  const cuts = NATIVE_KINDS[kind].streamed ? CUT_NAMES : [];
  const faults: Cell['fault'][] = ['none', ...FAULT_NAMES, ...cuts];
  return faults.map((fault) => ({ plugin: 'ai-sdk' as const, kind, fault }));
});
