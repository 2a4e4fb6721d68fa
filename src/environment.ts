import { z } from 'zod';
import { chainSettings } from './chain-settings.js';
import {
  apiKey,
  baseUrl,
  choice,
  fallbackOn,
  flag,
  MINUTE_MS,
  milliseconds,
  millisecondsOrAuto,
  millisecondsOrOff,
  modelNames,
  optionalText,
  redisUrl,
  type SettingMeta,
  spokenText,
  text,
  wholeNumber,
} from './setting-builders.js';

/** All settings, in the order of docs/settings.md: the specification's nine first. */
export const settingsSchema = z.object({
  ELIZANET_BASE_URL: baseUrl,
  ELIZANET_API_KEY: apiKey,
  ELIZANET_TIMEOUT: milliseconds(
    30_000,
    1,
    60 * MINUTE_MS,
    'Longest wait for an answer of ElizaNet. For a stream: for its first chunk, and between two chunks',
  ),
  ELIZANET_SMALL_MODEL: modelNames('gpt-4o-mini', 'Model for `TEXT_SMALL` and `OBJECT_SMALL`'),
  ELIZANET_LARGE_MODEL: modelNames('gpt-4o', 'Model for `TEXT_LARGE` and `OBJECT_LARGE`'),
  ELIZANET_EMBEDDING_MODEL: modelNames(
    'text-embedding-3-small',
    "Model for `TEXT_EMBEDDING`. Must be the model that the agent's stored vectors were made with",
  ),
  ELIZANET_EMBEDDING_DIMENSIONS: wholeNumber(
    1536,
    [1, 65_536],
    'dimensions',
    "Length of embedding vectors. Once the primary has returned a vector, that vector's length is used instead",
  ),
  ELIZANET_IMAGE_MODEL: modelNames('dall-e-3', 'Model for `IMAGE`'),
  ELIZANET_FALLBACK_ENABLED: flag(
    true,
    '`false` switches the plugin off: nothing fails over, and ElizaNet serves only its tokenizers',
  ),

  ELIZANET_FALLBACK_ON: fallbackOn,
  ELIZANET_PRIMARY_TIMEOUT: milliseconds(
    120_000,
    0,
    60 * MINUTE_MS,
    "Longest wait for a primary's first output. `0`: no limit. For embeddings 30000 at most, also with `0`",
  ),
  ELIZANET_EARLY_FAILOVER: millisecondsOrOff(
    0,
    [1, 60_000],
    "Delay between a primary's first failed HTTP request and asking the next provider. `0`: at once. `off`: wait until the primary gives up",
  ),
  ELIZANET_PRIMARY_IDLE_TIMEOUT: millisecondsOrAuto(
    60 * MINUTE_MS,
    "Longest wait between two chunks of a primary's stream. `auto`: learned from its own streams, 12 s until enough is known, at least 5 s. `0`: no limit",
  ),
  ELIZANET_HEDGE_AFTER: millisecondsOrAuto(
    60 * MINUTE_MS,
    'If a primary has produced no output after this time, ask the next provider as well; the first good output wins. `auto`: learned from how long that primary usually takes, 15 s until enough is known, at least 5 s. `0`: off',
  ),
  ELIZANET_PROBE_HEDGE: milliseconds(
    1_500,
    0,
    60 * MINUTE_MS,
    'The same for a probe, the call that tests whether a failed provider is back, and for other model types of a provider that hangs. `0`: as `ELIZANET_HEDGE_AFTER`',
  ),
  ELIZANET_FAILURE_THRESHOLD: wholeNumber(
    2,
    [1, 1000],
    'failures',
    "Consecutive failures that open a provider's circuit. A rate limit, an exhausted quota or a hang opens it at once",
  ),
  ELIZANET_COOLDOWN: milliseconds(
    15_000,
    1,
    24 * 60 * MINUTE_MS,
    'How long a circuit stays open before the first probe; doubled after each failed probe',
  ),
  ELIZANET_COOLDOWN_MAX: milliseconds(
    300_000,
    1,
    24 * 60 * MINUTE_MS,
    "Longest time a circuit stays open. Also the upper limit for a provider's Retry-After",
  ),
  ELIZANET_ON_INTERRUPTED: choice(
    ['complete', 'throw', 'keep'],
    'What to do when a stream is cut after its first text. `complete`: ask the next provider for the whole answer. `throw`: throw an error. `keep`: return the cut text',
  ),
  ELIZANET_EMBEDDING_ON_ERROR: choice(
    ['vector', 'throw'],
    'What to do when no provider can embed. `vector`: return a marked placeholder vector, as specified. `throw`: throw an error; recommended, because no search finds a memory stored with a placeholder',
  ),
  ELIZANET_EMBEDDING_ON_MISMATCH: choice(
    ['throw', 'allow'],
    "What to do when the embedding model that would answer in the primary's place, ElizaNet's or another provider's, differs from the primary's. `throw`: throw an error, whatever `ELIZANET_EMBEDDING_ON_ERROR` says. `allow`: return its vectors and warn once",
  ),
  ELIZANET_VISION_MODEL: modelNames('gpt-4o-mini', 'Model for `IMAGE_DESCRIPTION`'),
  ELIZANET_TRANSCRIPTION_MODEL: modelNames('whisper-1', 'Model for `TRANSCRIPTION`'),
  ELIZANET_TTS_MODEL: optionalText(
    'Model for `TEXT_TO_SPEECH`, such as `tts-1`. Without it, ElizaNet does not serve that type',
  ),
  ELIZANET_TTS_VOICE: text('alloy', 'Voice for `TEXT_TO_SPEECH` when the call names none'),
  ELIZANET_CACHE_TTL: milliseconds(
    0,
    0,
    365 * 24 * 60 * MINUTE_MS,
    "How long ElizaNet's answers are cached in memory: embeddings, and texts and objects with temperature 0 that are not streamed. `0`: no cache",
  ),
  ELIZANET_CACHE_PERSIST: flag(
    false,
    "Also keep the cached answers in the agent's database, so that they survive a restart. The cache keys are hashes",
  ),
  ELIZANET_CACHE_SHARED: flag(
    false,
    'Also keep the cached answers, unencrypted, in the Redis of `ELIZANET_REDIS_URL`, for all agents of the same address and key. Needs `ELIZANET_CACHE_PERSIST=true`. See [Scale](scale.md#shared-answers)',
  ),
  ELIZANET_MEDIA_TIMEOUT: milliseconds(
    120_000,
    1,
    60 * MINUTE_MS,
    'Longest wait for an image, a transcription or speech',
  ),
  ELIZANET_ALLOW_PRIVATE_URLS: flag(
    false,
    'Allow image and audio URLs that lead to private networks or to this machine. Switch it on only if you trust everyone who can send your agent a URL',
  ),
  ELIZANET_MAX_CONCURRENCY: wholeNumber(
    16,
    [1, 10_000],
    'requests',
    'Requests to ElizaNet in flight at one time; further requests wait',
  ),
  ELIZANET_MAX_INPUT_LENGTH: wholeNumber(
    1_000_000,
    [1, 100_000_000],
    'characters',
    'Longest prompt or text that is sent to ElizaNet; a longer one is refused with an `InvalidInputError`. In a call with messages or tools, all of their text and the system message count together',
  ),
  ELIZANET_PREFER_OWN_TOKENIZER: flag(
    false,
    "Use this plugin's tokenizers even where a primary has its own, which may rebuild its tables on every call",
  ),
  ELIZANET_NOTIFY: choice(
    ['log', 'event', 'off'],
    "Who hears that an outage begins and ends. `log`: the log. `event`: the log, and the event `ELIZANET_OUTAGE_NOTICE` for the host to pass on to the agent's operator. `off`: neither; errors and unanswered calls are logged all the same",
  ),
  ELIZANET_UNANSWERED_TEXT: spokenText(
    'What the agent says, in place of an error, when no provider could answer a call whose answer a person reads. [Which calls](operations.md#when-no-provider-answers)',
  ),
  ELIZANET_REDIS_URL: redisUrl,
  ELIZANET_FLEET_CONCURRENCY: wholeNumber(
    0,
    [0, 1_000_000],
    'requests',
    'Requests to ElizaNet in flight at one time of all agents together that share it through `ELIZANET_REDIS_URL`; each agent takes an equal part, at least one request and at most `ELIZANET_MAX_CONCURRENCY`. `0`: no common limit',
  ),
  ...chainSettings,
});

export type SettingName = keyof typeof settingsSchema.shape;
export type Settings = z.output<typeof settingsSchema>;

/** Parsed once at import, so that an agent's start validates only the settings that are set. */
export const DEFAULTS: Settings = settingsSchema.parse({}, { jitless: true });

/** The settings of one runtime, validated and frozen. */
export type Config = Readonly<Settings>;

/** Whether answers may be stored where other agents read them. */
export function sharesAnswers(config: Config): boolean {
  const { ELIZANET_CACHE_SHARED: shared, ELIZANET_CACHE_PERSIST: persist } = config;
  return shared && persist && config.ELIZANET_CACHE_TTL > 0 && config.ELIZANET_REDIS_URL !== undefined;
}

/** The documentation of a setting. */
export function settingMeta(name: SettingName): SettingMeta {
  return settingsSchema.shape[name].meta() as unknown as SettingMeta;
}
