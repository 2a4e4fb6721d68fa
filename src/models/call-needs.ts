import type { Need } from '../core/extension-points.js';
import { isRecord } from '../core/is-record.js';
import { imageParts } from './chat/image-parts.js';

/** What a call needs of the model that serves it. */
export interface CallNeeds {
  needs: readonly Need[];
  /** The text that the model has to take, when its length matters. */
  text: string;
  /** Of the text, in UTF-8. */
  bytes: number;
}

/** Types whose prompt must fit a window. Texts to embed are cut to it. */
const PROMPTED = /^(?:TEXT_(?:SMALL|LARGE)|OBJECT_)/;

/** Reads the needs of a call from its params. Never throws. */
export function needsOf(modelType: string, params: unknown): CallNeeds {
  try {
    const given = isRecord(params) ? params : {};
    const text = PROMPTED.test(modelType) ? promptOf(given) : '';
    return { needs: listNeeds(modelType, given), text, bytes: Buffer.byteLength(text) };
  } catch {
    // Params that cannot be read are refused by the handler.
    return { needs: [], text: '', bytes: 0 };
  }
}

function promptOf({ prompt, system, messages, tools }: Record<string, unknown>): string {
  const parts = [prompt, system, messages, tools].filter((part) => part !== undefined);
  return parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join('\n');
}

function listNeeds(modelType: string, params: Record<string, unknown>): Need[] {
  const { tools, schema, responseSchema, responseFormat } = params;
  const hasTools = isRecord(tools) ? Object.keys(tools).length > 0 : Array.isArray(tools) && tools.length > 0;
  const wantsSchema = responseSchema ?? (modelType.startsWith('OBJECT_') ? schema : undefined);
  const isSchema = wantsSchema !== undefined || (isRecord(responseFormat) && responseFormat.type === 'json_schema');
  return [
    ...(modelType === 'IMAGE_DESCRIPTION' || hasImages(params) ? (['vision'] as const) : []),
    ...(hasTools ? (['tools'] as const) : []),
    ...(isSchema ? (['schema'] as const) : []),
  ];
}

function hasImages(params: Record<string, unknown>): boolean {
  if (imageParts(params).parts.length > 0) return true;
  const { messages } = params;
  if (!Array.isArray(messages)) return false;
  const parts = messages.flatMap((message) => (isRecord(message) ? message.content : []));
  return parts.some((part) => isRecord(part) && (part.type === 'image' || part.type === 'image_url'));
}
