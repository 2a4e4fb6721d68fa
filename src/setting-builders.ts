import { z } from 'zod';
import { DEFAULT_FALLBACK_KINDS, FALLBACK_KINDS, type FailureKind } from './core/failure-rules.js';

/** The kinds of setting there are: what each accepts, and how it is read from a text. */

/** What README, `.env.example` and `agentConfig.pluginParameters` say about a setting. */
export interface SettingMeta {
  description: string;
  /** What a value has to be, in words that complete "must be …". */
  accepts: string;
  type: 'string' | 'number' | 'boolean';
  sensitive?: boolean;
  /** The default as a user would write it; absent when there is none. */
  shownDefault?: string;
}

const TRUE_WORDS = ['true', '1', 'yes', 'on'];
const FALSE_WORDS = ['false', '0', 'no', 'off'];

/** A text setting with a default. It ends up in logs, where a line break would forge a line. */
export const text = (fallback: string, description: string) =>
  z
    .string()
    .trim()
    .regex(/^\P{Cc}*$/u)
    .default(fallback)
    .meta({ description, accepts: 'a text without control characters', type: 'string', shownDefault: fallback });

/** A whole number between two bounds. */
export const wholeNumber = (fallback: number, [min, max]: [number, number], unit: string, description: string) =>
  z.coerce
    .number()
    .int()
    .min(min)
    .max(max)
    .default(fallback)
    .meta({
      description,
      accepts: `a whole number of ${unit} from ${min} to ${max}`,
      type: 'number',
      shownDefault: String(fallback),
    });

/** A text setting that does something only when it is set. */
export const optionalText = (description: string) =>
  z.string().trim().optional().meta({ description, accepts: 'a text', type: 'string' });

export const flag = (fallback: boolean, description: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.enum([...TRUE_WORDS, ...FALSE_WORDS]).transform((word) => TRUE_WORDS.includes(word)))
    .default(fallback)
    .meta({ description, accepts: 'true or false', type: 'boolean', shownDefault: String(fallback) });

export const choice = <const T extends readonly [string, ...string[]]>(options: T, description: string) =>
  z
    .enum(options)
    .default(options[0] as never)
    .meta({ description, accepts: `one of ${options.join(', ')}`, type: 'string', shownDefault: options[0] });

export const MINUTE_MS = 60_000;
export const milliseconds = (fallback: number, min: number, max: number, description: string) =>
  wholeNumber(fallback, [min, max], 'milliseconds', description);

export const baseUrl = z
  .string()
  .trim()
  .refine(isPlainHttpUrl)
  .transform(withoutVersion)
  .default('http://elizanet.up.railway.app')
  .meta({
    description: 'Address of ElizaNet, or of your own LiteLLM or OpenAI-compatible endpoint; with or without `/v1`',
    accepts: 'an http or https address without user name, query or fragment',
    type: 'string',
    shownDefault: 'http://elizanet.up.railway.app',
  });

export const apiKey = z
  .string()
  .trim()
  // A header value cannot hold anything else; a line break in it would be an injected header.
  .regex(/^[\x21-\x7e]+$/)
  .optional()
  .meta({
    description: 'Key sent as `Authorization: Bearer …`; without one, requests are anonymous',
    accepts: 'printable ASCII without spaces',
    type: 'string',
    sensitive: true,
  });

export const earlyFailover = z
  .string()
  .trim()
  .toLowerCase()
  .transform((value) => (value === 'off' ? 'off' : Number(value)))
  .pipe(z.union([z.literal('off'), z.number().int().min(0).max(60_000)]))
  .default(0)
  .meta({
    description:
      'How long to wait, after the wire has shown that a primary is failing, before the next provider is started while the primary goes on retrying; `off` waits for the primary to give up',
    accepts: 'a whole number of milliseconds from 0 to 60000, or off',
    type: 'string',
    shownDefault: '0',
  });

export const fallbackOn = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((kind) => kind.trim())
      .filter(Boolean),
  )
  .pipe(z.array(z.enum(FALLBACK_KINDS as [FailureKind, ...FailureKind[]])))
  .default(DEFAULT_FALLBACK_KINDS)
  .transform((kinds): ReadonlySet<FailureKind> => new Set(kinds))
  .meta({
    description: 'Kinds of failure that fail over',
    accepts: `a comma-separated list of ${FALLBACK_KINDS.join(', ')}`,
    type: 'string',
    shownDefault: DEFAULT_FALLBACK_KINDS.join(','),
  });

function isPlainHttpUrl(value: string): boolean {
  // Parsing a URL drops line breaks and tabs; what is shown in logs has to be what was parsed.
  if (/[\p{Cc}\s]/u.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
}

/** `https://host/base` of an address that may end in slashes and `/v1`. */
function withoutVersion(value: string): string {
  const { origin, pathname } = new URL(value);
  return origin + pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
}
