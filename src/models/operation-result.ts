import type { Usage } from '../openai/schemas.js';

/** What an operation gives back, with what is told about it. */
export interface OperationResult<T> {
  value: T;
  requestId: string;
  usage?: Usage | null;
  /** Length of the prompt in characters. */
  promptLength: number;
  /** For a stream: settles when it has ended, was left by its reader, or failed. */
  settled?: Promise<{ cancelled: boolean; usage?: Usage | null }>;
}
