import type { GenerateTextParams, ObjectGenerationParams } from '@elizaos/core';
import type { ElizaNetErrorDetails } from '../../core/elizanet-error.js';
import { ObjectValidationError } from '../../core/errors.js';
import type { ChatMessage } from '../../openai/chat-body.js';
import { loadImages } from '../chat/attached-images.js';
import { type ChatAnswer, generateText, tellWhenCut } from '../chat/chat-call.js';
import { chatModel, chatRequest, withImages } from '../chat/chat-request.js';
import { imageParts } from '../chat/image-parts.js';
import type { ModelContext } from '../context.js';
import { runOperation } from '../operation.js';
import { sumUsage } from '../sum-usage.js';
import { validateInput } from '../validate-input.js';
import { type Judged, type JudgeOptions, judgeAnswer } from './judge-answer.js';
import { correctionOf, describeProblems, type Problem } from './object-problem.js';
import { readObjectSpec } from './object-spec.js';
import { asZodSchema } from './zod-schema.js';

export type ObjectModelType = 'OBJECT_SMALL' | 'OBJECT_LARGE';

/** A longer answer is not sent back to the model with the correction, since its tokens are paid for again. */
const SHOWN_LIMIT_CHARS = 20_000;

/**
 * Serves OBJECT_SMALL and OBJECT_LARGE through a chat call: in `json_schema` mode where the endpoint supports it, else in
 * `json_object` mode, else by the prompt alone. The answer is checked against the schema. If it fails, the model is told
 * what is wrong and asked once more, within the same time limit.
 * @returns the object; with `output: 'array'`, or a schema of a list, the list; with `output: 'enum'`, one of its values.
 * @throws {InvalidInputError} for a prompt that is not a string or is too long, or a schema that cannot be read.
 * @throws {ObjectValidationError} when the second answer fails too.
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
  const images = imageParts(params);
  const timeoutMs = config.ELIZANET_TIMEOUT;
  // A zod schema transforms answers by the caller's code, which a cache key cannot hold.
  const cacheOf = params.temperature === 0 && !asZodSchema(params.schema) ? [request, images.parts] : undefined;
  return runOperation(context, { modelType, model, timeoutMs, params, cacheOf }, async (signal) => {
    const startedAt = clock.now();
    const { messages: asked } = withImages(request, await loadImages(context, images, signal));
    const ask = async (messages: readonly ChatMessage[], options: JudgeOptions): Promise<Asked> => {
      const answer = await generateText(context, { ...request, messages }, { timeoutMs, startedAt, signal });
      return { answer, ...(await judgeAnswer(spec, answer, options)) };
    };
    const first = await ask(asked, { isLast: false });
    const uncheckable = await spec.uncheckable;
    if (uncheckable) log.write('schema_unchecked', { modelType, uncheckable });
    let last = first;
    if ('problems' in first.checked) {
      const { problems } = first.checked;
      log.write('object_corrected', { modelType, problems: describeProblems(problems) });
      last = await ask([...asked, ...correction(first.said, problems)], { isLast: true });
    }
    const { requestId } = last.answer;
    tellWhenCut(context, modelType, last.answer);
    if ('problems' in last.checked) throw validationError(last.checked.problems, { requestId, model });
    const value = last.checked.value as Record<string, unknown>;
    const usage = sumUsage((last === first ? [first] : [first, last]).map(({ answer }) => answer.usage));
    return { value, requestId, usage, promptLength: prompt.length };
  });
}

interface Asked extends Judged {
  answer: ChatAnswer;
}

function correction(content: string, problems: readonly Problem[]): ChatMessage[] {
  const isShown = content !== '' && content.length <= SHOWN_LIMIT_CHARS;
  const shown: ChatMessage[] = isShown ? [{ role: 'assistant', content }] : [];
  return [...shown, { role: 'user', content: correctionOf(problems) }];
}

function validationError(problems: readonly Problem[], details: ElizaNetErrorDetails): ObjectValidationError {
  return new ObjectValidationError([...new Set(problems.map(({ path }) => path))], describeProblems(problems), details);
}
