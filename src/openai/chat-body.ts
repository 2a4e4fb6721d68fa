/** The body of `POST /v1/chat/completions`, as far as it is sent. */

export interface TextPart {
  type: 'text';
  text: string;
}

export interface ImagePart {
  type: 'image_url';
  image_url: { url: string };
}

export interface FilePart {
  type: 'file';
  file: { filename: string; file_data: string };
}

export type MessagePart = TextPart | ImagePart | FilePart;

/** A call of a tool in an assistant message. */
export interface AnnouncedCall {
  id: string;
  type: 'function';
  /** `arguments` is JSON text. */
  function: { name: string; arguments: string };
}

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  /** Null only beside tool calls. */
  content: string | readonly MessagePart[] | null;
  tool_calls?: readonly AnnouncedCall[];
  /** The call that a tool message is the result of. */
  tool_call_id?: string;
}

export interface Tool {
  type: 'function';
  function: { name: string; description?: string; parameters: Record<string, unknown>; strict?: true };
}

export type ToolChoice = 'auto' | 'none' | 'required' | { type: 'function'; function: { name: string } };

export type ResponseFormat =
  | { type: 'json_object' }
  | { type: 'json_schema'; json_schema: { name: string; description?: string; schema: unknown; strict?: boolean } };

export type ChatRequest = Record<string, unknown> & {
  model: string;
  messages: readonly ChatMessage[];
  response_format?: ResponseFormat;
  tools?: readonly Tool[];
  tool_choice?: ToolChoice;
};
