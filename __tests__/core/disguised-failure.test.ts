import { describe, expect, it } from 'vitest';
import { findDisguise } from '../../src/core/disguised-failure.js';
import { fallbackVector } from '../../src/core/fallback-vectors.js';

const APOLOGY = 'Error generating text. Please try again later.';
const TEXT = { text: 'hello' };

describe('results that stand in place of an answer', () => {
  it.each([
    ['groq', 'TEXT_SMALL', {}, APOLOGY],
    ['ollama', 'TEXT_LARGE', {}, APOLOGY],
    ['groq', 'OBJECT_SMALL', {}, {}],
    ['ollama', 'OBJECT_LARGE', {}, {}],
    ['groq', 'TRANSCRIPTION', {}, 'Error transcribing audio. Please try again later.'],
    ['groq', 'IMAGE', {}, [{ url: '' }]],
    ['ollama', 'TEXT_EMBEDDING', TEXT, Array(1536).fill(0)],
    ['elizacloud', 'TEXT_EMBEDDING', TEXT, fallbackVector('API_ERROR', 1536)],
    ['google-genai', 'TEXT_SMALL', {}, ''],
    ['google-genai', 'TEXT_EMBEDDING', 'hello', fallbackVector('NETWORK_ERROR', 768)],
    ['anyone', 'TEXT_EMBEDDING', TEXT, []],
    ['anyone', 'TEXT_SMALL', {}, undefined],
    ['anyone', 'IMAGE', {}, undefined],
    ['anyone', 'OBJECT_SMALL', {}, null],
    ['anyone', 'TEXT_EMBEDDING', TEXT, undefined],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['name'] } }, { nam: 1 }],
    ['anyone', 'OBJECT_SMALL', { schema: { required: ['name'] } }, null],
    ['groq', 'TEXT_TOKENIZER_ENCODE', { prompt: 'hello' }, []],
    ['groq', 'TEXT_TOKENIZER_DECODE', { tokens: [24912] }, ''],
    ['openai', 'IMAGE_DESCRIPTION', {}, { title: 'Failed to analyze image', description: 'Error' }],
    ['openrouter', 'IMAGE_DESCRIPTION', {}, { title: 'Failed to analyze image', description: 'Error' }],
    ['elizaOSCloud', 'IMAGE_DESCRIPTION', {}, { title: 'Failed to analyze image', description: 'Error' }],
    ['google-genai', 'IMAGE_DESCRIPTION', {}, { title: 'Failed to analyze image', description: 'Error' }],
    ['google-genai', 'IMAGE_DESCRIPTION', {}, ''],
    ['google-genai', 'IMAGE_DESCRIPTION', {}, { title: 'Image Analysis', description: '' }],
    ['anyone', 'IMAGE_DESCRIPTION', {}, {}],
    ['anyone', 'IMAGE_DESCRIPTION', {}, undefined],
    ['openrouter', 'IMAGE', {}, []],
    ['openai', 'IMAGE', {}, undefined],
    ['elizaOSCloud', 'IMAGE', {}, [{ url: undefined }]],
    ['groq', 'TRANSCRIPTION', {}, undefined],
    ['anyone', 'TEXT_TO_SPEECH', {}, Buffer.alloc(0)],
    ['anyone', 'TEXT_TO_SPEECH', {}, null],
  ])('%s %s', (provider, modelType, params, result) => {
    expect(findDisguise(provider, modelType, params, result)).toBeTypeOf('string');
  });
});

describe('results that are answers', () => {
  it.each([
    ['openai', 'TEXT_SMALL', {}, APOLOGY],
    ['openai', 'TEXT_SMALL', {}, ''],
    ['groq', 'TEXT_SMALL', {}, 'Error generating text is a common complaint.'],
    ['groq', 'OBJECT_SMALL', {}, { a: 1 }],
    ['openai', 'OBJECT_SMALL', {}, {}],
    ['openai', 'OBJECT_SMALL', { schema: { required: ['name'] } }, { name: undefined }],
    ['openai', 'OBJECT_SMALL', { output: 'array', schema: { required: ['name'] } }, []],
    ['openai', 'OBJECT_SMALL', { output: 'array', schema: { required: ['name'] } }, { people: [{ name: 'Ada' }] }],
    ['openai', 'OBJECT_SMALL', { output: 'enum', schema: { required: ['name'] } }, 'joy'],
    ['openai', 'TEXT_EMBEDDING', null, fallbackVector('NULL_INPUT', 1536)],
    ['openai', 'TEXT_EMBEDDING', { text: ' ' }, fallbackVector('EMPTY_TEXT', 1536)],
    ['openai', 'TEXT_EMBEDDING', TEXT, [0, 0.2, 0]],
    ['openai', 'IMAGE', {}, [{ b64_json: 'aGk=' }]],
    ['openai', 'IMAGE_DESCRIPTION', {}, { title: 'A cat', description: '' }],
    ['openai', 'IMAGE_DESCRIPTION', {}, { title: 'Image Analysis', description: 'A cat sleeps.' }],
    ['google-genai', 'IMAGE_DESCRIPTION', {}, 'A cat sleeps.'],
    ['anyone', 'IMAGE_DESCRIPTION', {}, { caption: 'A cat' }],
    ['openai', 'TRANSCRIPTION', {}, ''],
    ['openai', 'TEXT_TO_SPEECH', {}, new ArrayBuffer(4)],
    ['groq', 'TEXT_TO_SPEECH', {}, new ReadableStream()],
    ['openai', 'TEXT_TOKENIZER_ENCODE', { prompt: 'hello' }, [24912]],
    ['openai', 'TEXT_TOKENIZER_ENCODE', { prompt: '' }, []],
    ['openai', 'TEXT_TOKENIZER_DECODE', { tokens: [] }, ''],
  ])('%s %s %o', (provider, modelType, params, result) => {
    expect(findDisguise(provider, modelType, params, result)).toBeUndefined();
  });
});

it("the specification's vectors are marked, and as wide as asked", () => {
  expect(fallbackVector('NULL_INPUT', 3)).toEqual([0.1, 0, 0]);
  expect(fallbackVector('EMPTY_TEXT', 2)).toEqual([0.3, 0]);
  expect(fallbackVector('API_ERROR', 2)).toEqual([0.4, 0]);
  expect(fallbackVector('NETWORK_ERROR', 2)).toEqual([0.6, 0]);
});
