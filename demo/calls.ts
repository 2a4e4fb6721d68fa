import { type AgentRuntime, ModelType } from '@elizaos/core';
import { type CallRecord, getCallRecords, PROVIDER_NAME } from '../src/index.js';
import { bold, cyan, dim, green, red, row, yellow } from './terminal.js';

const COLUMNS = [10, 30, 20, 9, 0];

export interface Tally {
  made: number;
  answered: number;
}

export interface DemoCall {
  kind: 'text' | 'stream' | 'object' | 'embedding' | 'image';
  prompt: string;
}

export function printHeading(): void {
  console.log(dim(row(['asked for', 'prompt', 'answered by', 'took', 'why, and what'], COLUMNS)));
}

/** Makes one call as an agent would, and prints what became of it. */
export async function makeCall(runtime: AgentRuntime, { kind, prompt }: DemoCall, tally: Tally): Promise<void> {
  const known = getCallRecords(runtime).length;
  const startedAt = performance.now();
  tally.made++;
  let answer: string | undefined;
  let error: unknown;
  try {
    answer = await ask(runtime, kind, prompt);
  } catch (thrown) {
    error = thrown;
  }
  const took = `${Math.round(performance.now() - startedAt)} ms`;
  const record = getCallRecords(runtime).slice(known).at(-1);
  // Stand-ins always have something to say: an empty answer is a failure that passed for one.
  if (answer) tally.answered++;
  const by = answer ? answeredBy(record) : red('nobody');
  console.log(
    row(
      [kind, `"${prompt}"`, by, took, answer ? why(record) + dim(answer) : red(String(error ?? 'an empty answer'))],
      COLUMNS,
    ),
  );
}

async function ask(runtime: AgentRuntime, kind: DemoCall['kind'], prompt: string): Promise<string> {
  switch (kind) {
    case 'text':
      return runtime.useModel(ModelType.TEXT_LARGE, { prompt });
    case 'stream': {
      process.stdout.write(dim('           ⟶ '));
      const onStreamChunk = (chunk: string) => void process.stdout.write(cyan(chunk));
      try {
        return await runtime.useModel(ModelType.TEXT_LARGE, { prompt, onStreamChunk });
      } finally {
        process.stdout.write('\n');
      }
    }
    case 'object':
      return JSON.stringify(await runtime.useModel(ModelType.OBJECT_SMALL, { prompt }));
    case 'embedding': {
      const vector = await runtime.useModel(ModelType.TEXT_EMBEDDING, { text: prompt });
      const isReal = vector.filter((value) => value !== 0).length > 1;
      if (!isReal) throw new Error('only a vector that stands in for one');
      return `${vector.length} dimensions`;
    }
    case 'image': {
      const [image] = await runtime.useModel(ModelType.IMAGE, { prompt });
      const url = image?.url ?? '';
      return url.length > 40 ? `${url.slice(0, 40)}…` : url;
    }
  }
}

function answeredBy(record: CallRecord | undefined): string {
  const last = record?.attempts.find(({ outcome }) => outcome === 'answered');
  if (!record || last?.provider === 'openai') return green('openai');
  return yellow(bold(PROVIDER_NAME));
}

/** What the ledger says of the providers that did not answer. */
function why(record: CallRecord | undefined): string {
  const reasons = (record?.attempts ?? []).flatMap(({ provider, outcome, failure }) => {
    if (outcome === 'skipped') return `${provider} is left alone for now`;
    return failure
      ? `${provider}: ${[failure.kind, failure.statusCode ?? failure.code].filter(Boolean).join(' ')}`
      : [];
  });
  return reasons.length > 0 ? `${yellow(reasons.join(', '))}  ` : '';
}
