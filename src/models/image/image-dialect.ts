import type { Dialect } from '../dialect/ask-in-dialect.js';
import { FIELD_REFUSAL, mentions, namesAsField } from '../dialect/named-field.js';
import type { ImageOptions } from './image-options.js';

/** The body of `POST /v1/images/generations`. */
export type ImageRequest = ImageOptions & { model: string; prompt: string; n?: number };

/** Fields that can be left out of an image request. */
const OPTIONAL_FIELDS = ['size', 'quality', 'style', 'n'] as const;
type OptionalField = (typeof OPTIONAL_FIELDS)[number];

/** The feature of asking for more than one picture at once. */
export const COUNT = 'n';

/** OpenAI: "Invalid value: '512x512'. Supported values are: '1024x1024', …"; "You must provide n=1 for this model." */
const VALUE_REFUSAL = /invalid value|unsupported value|supported values|must (?:be|provide)|should be|not one of/;

/** Image requests. An option that a model does not support, or not with this value, is left to the model. */
export const imageDialect: Dialect<ImageRequest> = {
  adapt(request, isRefused) {
    const adapted = { ...request };
    for (const field of OPTIONAL_FIELDS) {
      if (isRefused(field) || isRefused(withValue(request, field))) delete adapted[field];
    }
    return adapted;
  },

  refusedFeatures(words, sent) {
    const isAboutValue = VALUE_REFUSAL.test(words);
    if (!isAboutValue && !FIELD_REFUSAL.test(words)) return [];
    const named = OPTIONAL_FIELDS.filter((field) => sent[field] !== undefined && isNamed(field, words, sent));
    return named.map((field) => (isAboutValue && field !== COUNT ? withValue(sent, field) : field));
  },
};

function isNamed(field: OptionalField, words: string, sent: ImageRequest): boolean {
  if (field === COUNT) return namesAsField(words, COUNT) || /\bn (?:must|should|is)\b/.test(words);
  return mentions(words, field) || words.includes(`'${String(sent[field]).toLowerCase()}'`);
}

function withValue(request: ImageRequest, field: OptionalField): string {
  return `${field}=${request[field]}`;
}
