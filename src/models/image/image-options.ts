import { InvalidInputError } from '../../core/errors.js';

/** What a caller may ask of an image: core's params, and the two that OpenAI's API knows besides. */
export interface ImageOptions {
  /** Width × height in pixels, such as `1024x1024`. */
  size?: string;
  quality?: string;
  style?: string;
}

interface ImageModel {
  /** Pictures that one request makes at most. */
  maxCount: number;
  sizes: readonly string[];
  qualities: readonly string[];
  styles: readonly string[];
}

const GPT_IMAGE: ImageModel = {
  maxCount: 10,
  sizes: ['1024x1024', '1536x1024', '1024x1536'],
  qualities: ['auto', 'low', 'medium', 'high'],
  styles: [],
};

/** https://platform.openai.com/docs/api-reference/images/create. Every other model is taken at its word. */
const KNOWN_MODELS: readonly (readonly [RegExp, ImageModel])[] = [
  [/^gpt-image-/, GPT_IMAGE],
  [
    /^dall-e-3$/,
    {
      maxCount: 1,
      sizes: ['1024x1024', '1792x1024', '1024x1792'],
      qualities: ['standard', 'hd'],
      styles: ['vivid', 'natural'],
    },
  ],
  [/^dall-e-2$/, { maxCount: 10, sizes: ['1024x1024', '512x512', '256x256'], qualities: ['standard'], styles: [] }],
];

/** More pictures than this in one call are refused, by OpenAI too. */
const MAX_COUNT = 10;

/** @param model as LiteLLM may name it: `openai/dall-e-3`. */
function findModel(model: string): ImageModel | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1);
  return KNOWN_MODELS.find(([pattern]) => pattern.test(name))?.[1];
}

/**
 * How many pictures each request is to ask for.
 * @param count pictures in all; absent or 0 is one, as published providers take it.
 * @throws {InvalidInputError} unless it is a whole number up to 10.
 */
export function splitCount(model: string, count: unknown): number[] {
  const wanted = count || 1;
  if (typeof wanted !== 'number' || !Number.isInteger(wanted) || wanted < 1 || wanted > MAX_COUNT) {
    throw new InvalidInputError(`count must be a whole number from 1 to ${MAX_COUNT}`);
  }
  const perRequest = Math.min(findModel(model)?.maxCount ?? MAX_COUNT, wanted);
  return Array.from({ length: Math.ceil(wanted / perRequest) }, (_, index) =>
    Math.min(perRequest, wanted - index * perRequest),
  );
}

/**
 * What of the options the model takes. In an outage the caller had another model in mind: a size that this one does not
 * make becomes the nearest that it does, and a quality or style that it does not know is left to it.
 * @returns the options to send, and the names of those that are not as asked.
 * @throws {InvalidInputError} for a size that is not of the form `1024x1024`.
 */
export function fitOptions(model: string, options: ImageOptions): { sent: ImageOptions; changed: string[] } {
  const known = findModel(model);
  const { size, quality, style } = options;
  const asked = {
    size: size && size !== 'auto' ? size : undefined,
    quality: quality || undefined,
    style: style || undefined,
  };
  const sent = {
    size: asked.size && fitSize(known?.sizes, asked.size),
    quality: taken(known?.qualities, asked.quality),
    style: taken(known?.styles, asked.style),
  };
  return { sent, changed: (['size', 'quality', 'style'] as const).filter((name) => asked[name] !== sent[name]) };
}

function taken(known: readonly string[] | undefined, value: string | undefined): string | undefined {
  return value === undefined || !known || known.includes(value) ? value : undefined;
}

function fitSize(known: readonly string[] | undefined, size: string): string | undefined {
  const wanted = parseSize(size);
  if (!wanted) throw new InvalidInputError('size must be width x height in pixels, such as 1024x1024');
  if (!known || known.includes(size)) return size;
  const difference = (candidate: string) => {
    const { shape, area } = parseSize(candidate) ?? wanted;
    // The shape matters more than the number of pixels.
    return 10 * Math.abs(Math.log(shape / wanted.shape)) + Math.abs(Math.log(area / wanted.area));
  };
  return [...known].sort((a, b) => difference(a) - difference(b))[0];
}

function parseSize(size: string): { shape: number; area: number } | undefined {
  const [, width, height] = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(size) ?? [];
  if (!width || !height) return undefined;
  return { shape: Number(width) / Number(height), area: Number(width) * Number(height) };
}
