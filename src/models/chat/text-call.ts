import type { ChatRequest } from '../../openai/chat-body.js';
import type { ModelContext } from '../context.js';
import { assertLength, validateInput } from '../validate-input.js';
import { chatRequest } from './chat-request.js';
import { schemaInstructions } from './format-dialect.js';
import { type ImageParts, imageParts } from './image-parts.js';
import { conversationOf, givenMessages, lengthOf } from './messages/conversation.js';
import { type ResponseSchema, readResponseSchema } from './response-schema.js';
import { isNative, type TextParams } from './text-params.js';
import { type OfferedTools, readTools } from './tools/read-tools.js';

/** What a caller of core 2.x asks for beside text. */
export interface NativeCall {
  offered?: OfferedTools;
  schema?: ResponseSchema;
  /** A stream gives the arguments of tool calls in place of text. */
  structured: boolean;
}

/** A text call, as it is sent. Its images are not loaded yet. */
export interface TextCall {
  request: ChatRequest;
  /** Beside the prompt. */
  attachments: ImageParts;
  /** Number of parts of messages that cannot be sent. */
  leftOut: number;
  /** Length of the text that is sent, in characters; of the prompt for a call of core 1.x. */
  promptLength: number;
  /** Undefined for a call that is answered by a string. */
  native?: NativeCall;
}

/**
 * Reads the params of a text call.
 * @throws {InvalidInputError} without a prompt and messages, for more text than `ELIZANET_MAX_INPUT_LENGTH`, and for tools
 * and schemas that cannot be sent.
 */
export async function readTextCall(context: ModelContext, model: string, params: TextParams): Promise<TextCall> {
  const maxLength = context.config.ELIZANET_MAX_INPUT_LENGTH;
  const hasMessages = !!params && givenMessages(params) !== undefined;
  if (!hasMessages) validateInput(params?.prompt, 'prompt', maxLength);
  const conversation = conversationOf(params, context.runtime.character?.system);
  const { leftOut } = conversation;
  // Core ignores the attachments, too, where there are messages.
  const attachments = hasMessages ? NO_ATTACHMENTS : imageParts(params);
  if (!isNative(params)) {
    // Without the key the system message is the character's, which the caller has not written.
    if (Object.hasOwn(params, 'system')) {
      assertLength(params.prompt.length + conversation.system.length, 'prompt and system have', maxLength);
    }
    const request = chatRequest(context, model, params, { conversation });
    return { request, attachments, leftOut, promptLength: params.prompt.length };
  }
  const offered = await readTools(params.tools, params.toolChoice);
  const schema = await readResponseSchema(params.responseSchema);
  const promptLength =
    lengthOf(conversation.messages) +
    conversation.system.length +
    (offered ? JSON.stringify(offered.tools).length : 0) +
    (schema ? JSON.stringify(schema.format).length : 0);
  assertLength(promptLength, 'messages, system, tools and schema have', maxLength);
  const request = chatRequest(context, model, params, {
    conversation,
    offered,
    responseFormat: schema?.format,
    instructions: isUnsendable(schema) ? schemaInstructions(JSON.stringify(schema.schema)) : undefined,
  });
  const native = { offered, schema, structured: params.streamStructured === true };
  return { request, attachments, leftOut, promptLength, native };
}

const NO_ATTACHMENTS: ImageParts = { parts: [], leftOut: 0 };

/** True for a schema that no format can carry, because references in it keep it from being wrapped. */
function isUnsendable(schema: ResponseSchema | undefined): schema is ResponseSchema {
  return schema?.schema !== undefined && schema.format.type === 'json_object';
}
