import { type AgentRuntime, ModelType } from '@elizaos/core';
import { type CallRecord, getCallRecords, PROVIDER_NAME } from '../src/index.js';
import { bold, cyan, dim, fitted, green, isTerminal, red, rewind, row, yellow } from './terminal.js';

const HEADINGS = ['call', 'prompt', 'openai', 'answered by', 'took', 'answer'];
const COLUMNS = [9, 25, 14, 11, 6, 0];
const WIDTH_BEFORE_ANSWER = COLUMNS.reduce((sum, width) => sum + width + 2, -2);
const STREAM_PREFIX = '  streamed ';

export interface Tally {
  made: number;
  answered: number;
}

export interface DemoCall {
  kind: 'text' | 'stream' | 'object' | 'embedding' | 'image';
  prompt: string;
}

export function printHeadings(): void {
  console.log(dim(row(HEADINGS, COLUMNS)));
}

/** Makes one call as an agent would, and prints its row; a streamed answer goes on the line below. */
export async function makeCall(runtime: AgentRuntime, call: DemoCall, tally: Tally): Promise<void> {
  const knownCount = getCallRecords(runtime).length;
  const stream = new StreamLine(call);
  const startedAt = performance.now();
  tally.made++;
  let answer = '';
  let failure = 'empty answer';
  try {
    answer = await ask(runtime, call, (chunk) => stream.add(chunk));
  } catch (error) {
    failure = String(error);
  }
  const took = `${Math.round(performance.now() - startedAt)} ms`;
  if (answer) tally.answered++;
  const record = getCallRecords(runtime).slice(knownCount).at(-1);
  stream.clear();
  console.log(
    row(
      [
        ...headOf(call),
        openAiOutcome(record, answer !== ''),
        answer ? answeredBy(record) : ['none', red],
        took,
        [fitted(answer || failure, WIDTH_BEFORE_ANSWER), answer ? String : red],
      ],
      COLUMNS,
    ),
  );
  stream.print();
}

const headOf = ({ kind, prompt }: DemoCall) => [kind, `"${prompt}"`];

/** The chunks of a streamed answer. A terminal shows them as they arrive, below a row that has no result yet. */
class StreamLine {
  #text = '';

  constructor(private readonly call: DemoCall) {}

  add(chunk: string): void {
    this.clear();
    this.#text += this.#text ? `|${chunk}` : chunk;
    if (!isTerminal) return;
    console.log(row(headOf(this.call), COLUMNS));
    this.print();
  }

  clear(): void {
    if (this.#text) rewind(2);
  }

  print(): void {
    if (this.#text) console.log(dim(STREAM_PREFIX) + cyan(fitted(this.#text, STREAM_PREFIX.length)));
  }
}

async function ask(
  runtime: AgentRuntime,
  { kind, prompt }: DemoCall,
  onStreamChunk: (chunk: string) => void,
): Promise<string> {
  switch (kind) {
    case 'text':
      return runtime.useModel(ModelType.TEXT_LARGE, { prompt });
    case 'stream':
      return runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk });
    case 'object':
      return JSON.stringify(await runtime.useModel(ModelType.OBJECT_SMALL, { prompt }));
    case 'embedding': {
      const vector = await runtime.useModel(ModelType.TEXT_EMBEDDING, { text: prompt });
      const isPlaceholder = vector.filter((value) => value !== 0).length <= 1;
      if (isPlaceholder) throw new Error('a placeholder vector');
      return `${vector.length} dimensions`;
    }
    case 'image': {
      const [image] = await runtime.useModel(ModelType.IMAGE, { prompt });
      return image?.url ?? '';
    }
  }
}

type Cell = [string, (text: string) => string];

function answeredBy(record: CallRecord | undefined): Cell {
  const last = record?.attempts.find(({ outcome }) => outcome === 'answered');
  if (!record || last?.provider === 'openai') return ['openai', green];
  return ['ElizaNet', (text) => yellow(bold(text))];
}

/** The outcome at the primary. The ledger has no record of a call that its first provider answered. */
function openAiOutcome(record: CallRecord | undefined, isAnswered: boolean): Cell {
  const attempt = record?.attempts.find(({ provider }) => provider !== PROVIDER_NAME);
  if (!attempt) return isAnswered ? ['answered', green] : ['failed', red];
  if (attempt.outcome === 'skipped') return ['circuit open', yellow];
  const { kind, statusCode } = attempt.failure ?? { kind: attempt.outcome, statusCode: undefined };
  return [[kind, statusCode].filter(Boolean).join(' '), attempt.outcome === 'answered' ? green : yellow];
}
