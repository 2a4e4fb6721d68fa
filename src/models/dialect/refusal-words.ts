/** Shorter stretches of a request can stand in a refusal by chance. */
const MIN_SHARED_CHARS = 24;
/** A whole text of the request counts as quoted from this length. */
const MIN_QUOTE_CHARS = 8;
const BLANK = '…';

/** What LiteLLM appends to an upstream's message: names of the operator's model groups. */
const LITELLM_TAIL = / ?\.?\s?received model group=/;

/**
 * The upstream's own words in a refusal: in lower case, without what they quote of the request. Upstreams quote messages
 * and addresses, so that a user could otherwise write a refusal.
 * @param message at most a few hundred characters.
 */
export function refusalWords(message: string, request: unknown): string {
  const words = normalised(message).split(LITELLM_TAIL)[0] as string;
  const texts = textsIn(request).map(normalised);
  const isShared = new Set<string>();
  const windows = new Set(windowsOf(words));
  for (const text of texts) {
    for (const window of windowsOf(text)) if (windows.has(window)) isShared.add(window);
  }
  let own = '';
  let sharedUntil = 0;
  for (let at = 0; at < words.length; at++) {
    if (isShared.has(words.slice(at, at + MIN_SHARED_CHARS))) sharedUntil = at + MIN_SHARED_CHARS;
    own += at < sharedUntil ? BLANK : words[at];
  }
  const quotes = texts.filter((text) => text.length >= MIN_QUOTE_CHARS && /\W/.test(text));
  return quotes.reduce((all, quote) => all.replaceAll(quote, BLANK), own);
}

/** Escaped and unescaped forms of a text look alike, and so do its line breaks and spaces. */
function normalised(text: string): string {
  return text
    .replace(/\\[nrt]/g, ' ')
    .replaceAll('\\', '')
    .replace(/\s+/g, ' ')
    .toLowerCase();
}

function* windowsOf(text: string): Generator<string> {
  for (let at = 0; at + MIN_SHARED_CHARS <= text.length; at++) yield text.slice(at, at + MIN_SHARED_CHARS);
}

/** All strings in a request but its inline images. Keys are not among them. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('data:') ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
