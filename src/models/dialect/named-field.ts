/**
 * How upstreams say that a field is not supported, as opposed to a value out of range. OpenAI: "Unsupported parameter:
 * 'max_tokens' is not supported with this model", "Unsupported value: 'temperature' does not support 0.2", "Unrecognized
 * request argument supplied: stream_options". LiteLLM: "UnsupportedParamsError: openai does not support parameters:
 * ['seed']", "gpt-5 models don't support temperature=0.2". Pydantic: "Extra inputs are not permitted". xAI: "Argument not
 * supported: size".
 */
export const FIELD_REFUSAL =
  /unsupported|not support|n't support|(?:un|not )recogni[sz]ed|not accept|unexpected keyword|unknown (?:parameter|argument|field|name)|not (?:permitted|allowed)|cannot both be/;

const QUOTE = `['"\`]`;
const ANNOUNCED = '(?:supplied|supported|parameters?|arguments?|fields?|options?)';

/** True when the words name a field, also without its underscores (xAI's `presencePenalty`). */
export function mentions(words: string, field: string): boolean {
  return new RegExp(`\\b${field.replaceAll('_', '_?')}\\b`).test(words);
}

/** True when the words name a field as such, for fields whose names are words of everyday language: `user`, `size`. */
export function namesAsField(words: string, field: string): boolean {
  const forms = [
    `${QUOTE}${field}${QUOTE}`,
    `\\b${field} ?[:=]`,
    `\\b${field} (?:parameter|argument|field|option)`,
    `${ANNOUNCED}(?: \\w{1,20}){0,5}: (?:\\w{1,40}, ){0,20}${field}\\b`,
    `${ANNOUNCED} ${field}\\b`,
  ];
  return new RegExp(forms.join('|')).test(words);
}
