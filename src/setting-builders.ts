import { z } from 'zod';
import { DEFAULT_FALLBACK_KINDS, FALLBACK_KINDS, type FailureKind } from './core/failure-rules.js';
import { TYPE_GROUPS, TYPE_WORDS } from './core/type-groups.js';

/** Builders for `settingsSchema`: one for each kind of setting, each with its parser and its documentation. */

/** What docs/settings.md, `.env.example` and `agentConfig.pluginParameters` say about a setting. */
export interface SettingMeta {
  /** One or more sentences; the last one without its full stop. */
  description: string;
  /** The allowed values, in words that complete "must be …". */
  accepts: string;
  type: 'string' | 'number' | 'boolean';
  /** The unit of a number, such as `milliseconds`. */
  unit?: string;
  sensitive?: boolean;
  /** The default as a user would write it; absent when there is none. */
  shownDefault?: string;
}

const TRUE_WORDS = ['true', '1', 'yes', 'on'];
const FALSE_WORDS = ['false', '0', 'no', 'off'];

/** True for the words that switch a setting on: true, 1, yes, on, in any case. */
export function isTrueWord(word: string): boolean {
  return TRUE_WORDS.includes(word.trim().toLowerCase());
}

/** Text that is safe in a log line: a line break in it would forge a second line. */
const oneLine = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
const ONE_LINE = 'a line of text without control characters';

/** A text setting with a default. */
export const text = (fallback: string, description: string) =>
  oneLine.default(fallback).meta({ description, accepts: ONE_LINE, type: 'string', shownDefault: fallback });

/** Names of models, tried in the order of the list. */
export const modelNames = (fallback: string, description: string) =>
  oneLine
    .regex(/[^,\s]/)
    .default(fallback)
    .meta({
      description: `${description}. Several names, separated by commas, are tried in order`,
      accepts: ONE_LINE,
      type: 'string',
      shownDefault: fallback,
    });

/** A text setting without a default. */
export const optionalText = (description: string) =>
  oneLine.optional().meta({ description, accepts: ONE_LINE, type: 'string' });

/** A sentence for a user. It becomes part of an answer in XML, so it contains no markup. */
export const spokenText = (description: string) =>
  oneLine
    .regex(/^[^<>]{1,500}$/)
    .optional()
    .meta({ description, accepts: 'a line of at most 500 characters, without < and >', type: 'string' });

/** A whole number from `min` to `max`. */
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
      unit,
      shownDefault: String(fallback),
    });

/** An amount of money, with fractions; 0 is no limit. */
export const usDollars = (description: string) =>
  z.coerce.number().min(0).max(1_000_000).default(0).meta({
    description,
    accepts: 'an amount of US dollars from 0 to 1000000',
    type: 'number',
    unit: 'US dollars',
    shownDefault: '0',
  });

/** A switch. */
export const flag = (fallback: boolean, description: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.enum([...TRUE_WORDS, ...FALSE_WORDS]).transform(isTrueWord))
    .default(fallback)
    .meta({ description, accepts: 'true or false', type: 'boolean', shownDefault: String(fallback) });

/** One of several words; the first one is the default. */
export const choice = <const T extends readonly [string, ...string[]]>(options: T, description: string) =>
  z
    .enum(options)
    .default(options[0] as never)
    .meta({ description, accepts: `one of ${options.join(', ')}`, type: 'string', shownDefault: options[0] });

export const MINUTE_MS = 60_000;
export const milliseconds = (fallback: number, min: number, max: number, description: string) =>
  wholeNumber(fallback, [min, max], 'milliseconds', description);

/** Milliseconds from 0 to `max`, or `auto`, the default. */
export const millisecondsOrAuto = (max: number, description: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .transform((value) => (value === 'auto' ? 'auto' : Number(value)))
    .pipe(z.union([z.literal('auto'), z.number().int().min(0).max(max)]))
    .default('auto')
    .meta({
      description,
      accepts: `auto, or a whole number of milliseconds from 0 to ${max}`,
      type: 'string',
      unit: 'milliseconds',
      shownDefault: 'auto',
    });

/** Milliseconds from 0 to `max`, or `off`. */
/** @param range of a number other than 0 */
export const millisecondsOrOff = (fallback: number, [min, max]: readonly [number, number], description: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .transform((value) => (value === 'off' ? 'off' : Number(value)))
    .pipe(z.union([z.literal(['off', 0]), z.number().int().min(min).max(max)]))
    .default(fallback)
    .meta({
      description,
      accepts: `${min > 1 ? '0, ' : ''}a whole number of milliseconds from ${min > 1 ? min : 0} to ${max}, or off`,
      type: 'string',
      unit: 'milliseconds',
      shownDefault: String(fallback),
    });

const wordsOf = (list: string) =>
  list
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

/** A list of model types, or of their groups. */
export const modelTypes = (description: string) =>
  z
    .string()
    .transform(wordsOf)
    .pipe(z.array(z.enum(TYPE_WORDS)).min(1))
    .default([...TYPE_GROUPS])
    .transform((words): ReadonlySet<string> => new Set(words))
    .meta({
      description,
      accepts: `a comma-separated list of ${TYPE_GROUPS.join(', ')}, or of model types such as TEXT_SMALL`,
      type: 'string',
      shownDefault: TYPE_GROUPS.join(','),
    });

/** Which calls rehearse an outage: none, a share of all from 0 to 1, or those of some model types. */
export type Drill = 'off' | number | ReadonlySet<string>;

export const drill = (description: string) =>
  z
    .string()
    .transform((value): unknown => {
      const [, percent] = /^([\d.]+)\s*%$/.exec(value.trim()) ?? [];
      if (percent !== undefined) return Number(percent) / 100;
      return value.trim().toLowerCase() === 'off' ? 'off' : wordsOf(value);
    })
    .pipe(z.union([z.literal('off'), z.number().min(0).max(1), z.array(z.enum(TYPE_WORDS)).min(1)]))
    .transform((value): Drill => (Array.isArray(value) ? new Set(value) : value))
    .default('off')
    .meta({
      description,
      accepts: 'off, a share such as 10%, or a list as for ELIZANET_MODEL_TYPES',
      type: 'string',
      shownDefault: 'off',
    });

const DEFAULT_BASE_URL = 'http://elizanet.up.railway.app';

export const baseUrl = z
  .string()
  .trim()
  .refine(isPlainHttpUrl)
  .transform(withoutVersion)
  .default(DEFAULT_BASE_URL)
  .meta({
    description:
      'Base URL of ElizaNet, of your own LiteLLM or of any OpenAI-compatible endpoint, with or without `/v1`',
    accepts: 'an http or https URL without user name, query or fragment',
    type: 'string',
    shownDefault: DEFAULT_BASE_URL,
  });

export const apiKey = z
  .string()
  .trim()
  // The key becomes a header value: a line break in it would inject a second header.
  .regex(/^[\x21-\x7e]+$/)
  .optional()
  .meta({
    description: 'API key, sent as `Authorization: Bearer …`. Without one, requests carry no `Authorization` header',
    accepts: 'printable ASCII without spaces',
    type: 'string',
    sensitive: true,
  });

export const redisUrl = z.string().trim().refine(isRedisUrl).optional().meta({
  description:
    'A Redis server by which the agents of a host or cluster tell each other of failing providers. Needs the package `redis`. See [Scale](scale.md)',
  accepts: 'a redis or rediss URL',
  type: 'string',
  sensitive: true,
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
  // `new URL` drops line breaks and tabs, so a log line would show another address than the one in use.
  if (/[\p{Cc}\s]/u.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
}

/** Removes trailing slashes and a trailing `/v1`: `https://host/base/v1/` becomes `https://host/base`. */
function withoutVersion(value: string): string {
  const { origin, pathname } = new URL(value);
  return origin + pathname.replace(/\/+$/, '').replace(/\/v1$/i, '').replace(/\/+$/, '');
}

/** The package `redis` throws for a password with a bare `%`, and for a path that is no number. */
function isRedisUrl(value: string): boolean {
  if (/[\p{Cc}\s]/u.test(value) || !URL.canParse(value)) return false;
  const { protocol, username, password, pathname } = new URL(value);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return /^rediss?:$/.test(protocol) && /^\/?\d*$/.test(pathname);
}
