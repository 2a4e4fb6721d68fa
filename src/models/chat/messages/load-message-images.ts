import type { ChatMessage, MessagePart } from '../../../openai/chat-body.js';
import type { ModelContext } from '../../context.js';
import { loadedImage } from '../attached-images.js';

/**
 * Loads the images in messages as `loadImages` does: public addresses are sent as they are, all others are fetched here
 * where the settings allow it.
 * @returns the messages, and the number of images that were left out.
 * @throws the signal's reason when the call is aborted.
 */
export async function loadMessageImages(
  context: ModelContext,
  messages: readonly ChatMessage[],
  signal: AbortSignal | undefined,
): Promise<{ messages: readonly ChatMessage[]; leftOut: number }> {
  if (!messages.some(({ content }) => Array.isArray(content))) return { messages, leftOut: 0 };
  let leftOut = 0;
  const loaded = await Promise.all(
    messages.map(async (message) => {
      const { content } = message;
      if (typeof content === 'string' || content === null) return message;
      const parts = await Promise.all(content.map((part) => loadedPart(context, part, signal)));
      const sent = parts.filter((part) => part !== undefined);
      leftOut += parts.length - sent.length;
      return { ...message, content: sent.length > 0 ? sent : LEFT_OUT };
    }),
  );
  return { messages: loaded, leftOut };
}

const LEFT_OUT = '(an image that cannot be sent)';

function loadedPart(
  context: ModelContext,
  part: MessagePart,
  signal: AbortSignal | undefined,
): Promise<MessagePart | undefined> | MessagePart {
  return part.type === 'image_url' ? loadedImage(context, part, 'messages', signal) : part;
}
