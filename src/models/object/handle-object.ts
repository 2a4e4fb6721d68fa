import type { GenerateTextParams, ObjectGenerationParams } from '@elizaos/core';
import { type ElizaNetErrorDetails, ObjectValidationError } from '../../core/errors.js';
import type { Usage } from '../../openai/schemas.js';
import { type ChatAnswer, generateText, tellWhenCut } from '../chat/chat-call.js';
import { type ChatMessage, chatModel, chatRequest } from '../chat/chat-request.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import { validateInput } from '../validate-input.js';
import type { Checked } from './check-json-schema.js';
import { correctionOf, describeProblems, type Problem } from './object-problem.js';
import { type ObjectSpec, readObjectSpec } from './object-spec.js';
import { readJson } from './read-json.js';
import { asZodSchema } from './zod-schema.js';

export type ObjectModelType = 'OBJECT_SMALL' | 'OBJECT_LARGE';

/** No model writes an object this long; what does is not worth the time it takes to check. */
const ANSWER_LIMIT_CHARS = 1_000_000;
/** A longer answer is not shown to the model again: it would have to be paid for once more. */
const SHOWN_LIMIT_CHARS = 20_000;

/**
 * Serves OBJECT_SMALL and OBJECT_LARGE through a chat call: in `json_schema` mode where the endpoint takes it, else in
 * `json_object` mode, else by words alone. The answer is checked against the schema; a model whose answer fails is shown
 * what is wrong and asked once more, within the same time limit.
 * @returns the object; with `output: 'array'`, or a schema of a list, the list; with `output: 'enum'`, one of its values.
 * @throws {InvalidInputError} for a prompt that is no string or too long, or a schema that cannot be read.
 * @throws {ObjectValidationError} when the second answer is not what was asked for either.
 * @throws what a text call throws.
 */
export async function generateObjectByModelType(
  context: ModelContext,
  modelType: ObjectModelType,
  params: ObjectGenerationParams,
): Promise<Record<string, unknown>> {
  const { config, clock, log } = context;
  const prompt = validateInput(params?.prompt, 'prompt', config.ELIZANET_MAX_INPUT_LENGTH);
  const spec = await readObjectSpec(params, config.ELIZANET_MAX_INPUT_LENGTH);
  const model = chatModel(context, modelType === 'OBJECT_SMALL' ? 'SMALL' : 'LARGE');
  // Core merges the agent's sampling settings into the params of objects too.
  const request = chatRequest(context, model, params as GenerateTextParams, spec);
  const timeoutMs = config.ELIZANET_TIMEOUT;
  // What a zod schema makes of an answer is code of the caller's, which no key can name.
  const cacheOf = params.temperature === 0 && !asZodSchema(params.schema) ? [request] : undefined;
  return runOperation(context, { modelType, model, timeoutMs, cacheOf }, async (signal) => {
    const startedAt = clock.now();
    const ask = async (messages: readonly ChatMessage[]): Promise<Asked> => {
      const answer = await generateText(context, { ...request, messages }, { timeoutMs, startedAt, signal });
      return { answer, checked: await judge(spec, answer) };
    };
    const first = await ask(request.messages);
    const uncheckable = await spec.uncheckable;
    if (uncheckable) log.warn(`${modelType} is not checked against its schema: it cannot be compiled`, { uncheckable });
    let last = first;
    if ('problems' in first.checked) {
      const { problems } = first.checked;
      log.debug(`${modelType} is asked once more`, { problems: describeProblems(problems) });
      last = await ask([...request.messages, ...correction(first.answer.text, problems)]);
    }
    const { requestId } = last.answer;
    tellWhenCut(context, modelType, last.answer);
    if ('problems' in last.checked) throw validationError(last.checked.problems, { requestId, model });
    const value = last.checked.value as Record<string, unknown>;
    const usage = sumOf(last === first ? [first] : [first, last]);
    return { value, requestId, usage, promptLength: prompt.length };
  });
}

/** An answer, and what came of it. */
interface Asked {
  answer: ChatAnswer;
  checked: Checked;
}

/** The first JSON in an answer that is what was asked for, or what is wrong with the best of them. */
async function judge(spec: ObjectSpec, { text, finishReason }: ChatAnswer): Promise<Checked> {
  if (text.length > ANSWER_LIMIT_CHARS) {
    return wrong('length', `is longer than ${ANSWER_LIMIT_CHARS} characters; keep it short`);
  }
  const cut = finishReason === 'length';
  const candidates = readJson(text, { cut });
  if (spec.takesText) candidates.push(text.trim());
  let failed: Checked | undefined;
  for (const candidate of candidates) {
    const checked = await spec.check(candidate);
    if ('value' in checked) return checked;
    failed ??= checked;
  }
  if (cut) return wrong('length', 'was cut off at the token limit; keep it shorter');
  return failed ?? wrong('json', 'holds no JSON object');
}

function wrong(rule: string, hint: string): Checked {
  return { problems: [{ path: '', rule, hint }] };
}

function correction(answer: string, problems: readonly Problem[]): ChatMessage[] {
  const shown: ChatMessage[] = answer.length > SHOWN_LIMIT_CHARS ? [] : [{ role: 'assistant', content: answer }];
  return [...shown, { role: 'user', content: correctionOf(problems) }];
}

function validationError(problems: readonly Problem[], details: ElizaNetErrorDetails): ObjectValidationError {
  return new ObjectValidationError([...new Set(problems.map(({ path }) => path))], describeProblems(problems), details);
}

function sumOf(asked: readonly Asked[]): Usage | undefined {
  const known = asked.map(({ answer }) => answer.usage).filter((usage) => usage !== null && usage !== undefined);
  if (known.length === 0) return undefined;
  const total = (name: keyof Usage) => known.reduce((sum, usage) => sum + usage[name], 0);
  return {
    prompt_tokens: total('prompt_tokens'),
    completion_tokens: total('completion_tokens'),
    total_tokens: total('total_tokens'),
  };
}
