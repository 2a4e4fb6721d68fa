import type { Reply, Script } from './protocols.js';

type Body = Record<string, unknown>;

/** Gemini's `models/{model}:generateContent`. */
export function generateContent(body: Body, script: Script): Reply {
  const wantsJson = (body.generationConfig as Body | undefined)?.responseMimeType === 'application/json';
  const text = wantsJson ? JSON.stringify(script.object) : script.text(body);
  return {
    kind: 'json',
    json: {
      candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 },
      modelVersion: 'gemini',
    },
  };
}

/** Gemini's `models/{model}:batchEmbedContents`: one vector for each request in it. */
export function batchEmbedContents(body: Body, script: Script): Reply {
  const requests = body.requests as { content: { parts: { text: string }[] } }[];
  const embeddings = requests.map(({ content }) => ({ values: script.vector(content.parts[0]?.text ?? '') }));
  return { kind: 'json', json: { embeddings } };
}

/** The error body Google sends with a status. */
export function googleError(code: number): string {
  const [status, message] = GOOGLE_ERRORS[code] ?? ['INTERNAL', 'An internal error has occurred.'];
  return JSON.stringify({ error: { code, message, status } });
}

const GOOGLE_ERRORS: Record<number, [string, string]> = {
  400: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  401: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  402: ['FAILED_PRECONDITION', 'Billing is not enabled for this project.'],
  429: ['RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'],
  503: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
};
