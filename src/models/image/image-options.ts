import { InvalidInputError } from '../../core/errors.js';

/** Options of an image: core's `size`, and two more of OpenAI's API. */
export interface ImageOptions {
  /** Width × height in pixels, such as `1024x1024`. */
  size?: string;
  quality?: string;
  style?: string;
}

interface ImageModel {
  /** Most images per request. */
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

/** From https://platform.openai.com/docs/api-reference/images/create. For other models options are sent as they are. */
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

/** Most images per call; OpenAI's own limit. */
const MAX_COUNT = 10;

/** @param model may have LiteLLM's provider prefix: `openai/dall-e-3`. */
function findModel(model: string): ImageModel | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1);
  return KNOWN_MODELS.find(([pattern]) => pattern.test(name))?.[1];
}

/**
 * The number of images to ask for in each request.
 * @param count images in all; absent or 0 means one, as in published providers.
 * @param makesOne the model is known to generate one image per request.
 * @throws {InvalidInputError} unless `count` is a whole number up to 10.
 */
export function splitCount(model: string, count: unknown, makesOne = false): number[] {
  const wanted = count || 1;
  if (typeof wanted !== 'number' || !Number.isInteger(wanted) || wanted < 1 || wanted > MAX_COUNT) {
    throw new InvalidInputError(`count must be a whole number from 1 to ${MAX_COUNT}`);
  }
  const perRequest = Math.min(makesOne ? 1 : (findModel(model)?.maxCount ?? MAX_COUNT), wanted);
  return Array.from({ length: Math.ceil(wanted / perRequest) }, (_, index) =>
    Math.min(perRequest, wanted - index * perRequest),
  );
}

/**
 * Fits options to the model: the caller had the primary's model in mind. A size that this model does not support becomes
 * the nearest that it does; a quality or style that it does not support is left out.
 * @returns the options to send, and the names of those that differ from what was asked for.
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
    // The aspect ratio matters more than the number of pixels.
    return 10 * Math.abs(Math.log(shape / wanted.shape)) + Math.abs(Math.log(area / wanted.area));
  };
  return [...known].sort((a, b) => difference(a) - difference(b))[0];
}

function parseSize(size: string): { shape: number; area: number } | undefined {
  const [, width, height] = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(size) ?? [];
  if (!width || !height) return undefined;
  return { shape: Number(width) / Number(height), area: Number(width) * Number(height) };
}
