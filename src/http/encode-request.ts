/** What a request carries: JSON, or a multipart form with its files. A form has a field `model` too. */
export type RequestBody = (Record<string, unknown> & { model: string }) | FormData;

/** A request's body as it is sent. */
export interface EncodedRequest {
  /** For error messages. */
  model?: string;
  body?: string | Uint8Array;
  contentType?: string;
}

/** Turns the body of a request into what is sent. Every request passes through here once, also when it is retried. */
export function encodeRequest(body: RequestBody | undefined): EncodedRequest | Promise<EncodedRequest> {
  if (body === undefined) return {};
  if (body instanceof FormData) return encodeForm(body);
  return { model: body.model, body: wellFormed(JSON.stringify(body)), contentType: 'application/json' };
}

/** A lone surrogate as `JSON.stringify` writes it; an even number of backslashes before it is text. */
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** Replaces halves of characters, which a text that was cut can hold, by U+FFFD: some servers answer 400 to them. */
function wellFormed(json: string): string {
  return json.includes('\\ud') ? json.replace(LONE_SURROGATE, '$1\ufffd') : json;
}

async function encodeForm(form: FormData): Promise<EncodedRequest> {
  const encoded = new Response(form);
  // Read before the body: Bun drops the header once the body was read.
  const contentType = encoded.headers.get('content-type') ?? undefined;
  return { model: String(form.get('model')), body: new Uint8Array(await encoded.arrayBuffer()), contentType };
}
