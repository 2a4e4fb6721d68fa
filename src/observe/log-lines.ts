type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface LogLine {
  level: LogLevel;
  /** Filled in from the fields of the same names, which the line carries as well. */
  text: string;
  /** For docs/operations.md: what it means, and what to do. */
  meaning: string;
}

/** Every line that the plugin can log. The table of docs/operations.md is generated from it. */
export const LOG_LINES = {
  standing_by: {
    level: 'info',
    text: 'stands by at {host} for {modelTypes}; set: {settings}',
    meaning:
      'The plugin has started. `settings` are the settings that differ from their defaults, by name; secrets are marked `(secret)`.',
  },
  switched_off: {
    level: 'info',
    text: 'is switched off by ELIZANET_FALLBACK_ENABLED=false; no call fails over',
    meaning: 'The plugin has started and serves only its tokenizers.',
  },
  default_address: {
    level: 'warn',
    text: "{host} is the default address: a public third party that receives the agent's prompts in an outage, over plain http; set ELIZANET_BASE_URL to an endpoint of your own",
    meaning: 'Set `ELIZANET_BASE_URL`. Logged once, at the start.',
  },
  settings_problem: {
    level: 'warn',
    text: 'settings: {problem}',
    meaning:
      'Logged at the start: an API key that is sent unencrypted (use an https URL), a deprecated name of a setting, or a setting of a further endpoint or a proxy variable that is ignored.',
  },
  circuit_opened: {
    level: 'warn',
    text: '{provider}: {cause}; {modelType} goes to {next} until {until}',
    meaning:
      "A provider's circuit opened: an outage begins. `cause` is the status and kind of the failure. At the stated time one call probes the provider.",
  },
  elizanet_circuit_opened: {
    level: 'warn',
    text: '{provider}: {cause}; {provider} is not asked for {modelType} until {until}: {error}',
    meaning: 'ElizaNet itself fails. Until the stated time an outage of the primary cannot be answered.',
  },
  elizanet_misconfigured: {
    level: 'error',
    text: '{provider}: {cause}; it cannot answer {modelType}, not asked until {until}: {error}',
    meaning: 'ElizaNet refuses the key or does not have the model. The line names the setting to change.',
  },
  access_refused: {
    level: 'error',
    text: '{provider} refuses access for {modelType} ({cause}): repair the API key or the account of {provider}',
    meaning: 'A primary refuses its key. Logged once per outage. Set a valid key for that provider.',
  },
  model_missing: {
    level: 'error',
    text: '{provider} does not have the model set for {modelType} ({cause}): set another model in the settings of {provider}',
    meaning: "A primary's model does not exist or was withdrawn. Logged once per outage for each model type.",
  },
  outage_goes_on: {
    level: 'warn',
    text: 'outage for {duration}: {circuits}; calls since the last report: {elsewhereCount} answered by another provider, {unansweredCount} unanswered',
    meaning:
      'Logged at most once a minute while a circuit stays open, with the next call. `circuits` names each open circuit with its last failure.',
  },
  recovered: {
    level: 'info',
    text: '{provider} has recovered for {modelType} after {duration}; calls answered by another provider: {elsewhereCount}',
    meaning: 'A probe succeeded; calls go to that provider again.',
  },
  unanswered: {
    level: 'error',
    text: '{modelType} could not be answered: {route}',
    meaning:
      'No provider answered one call; the agent got an `AllProvidersFailedError` with the same list, the error of its only provider, or the text of `ELIZANET_UNANSWERED_TEXT`. **Alert on this line.**',
  },
  placeholder_served: {
    level: 'warn',
    text: '{modelType}: no provider could embed, a placeholder vector is served; set ELIZANET_EMBEDDING_ON_ERROR=throw to get an error instead',
    meaning: 'A placeholder vector was returned in place of an embedding, and probably stored.',
  },
  answer_cut: {
    level: 'warn',
    text: '{modelType} was cut {limit}',
    meaning: 'An answer of ElizaNet ended at the token limit (raise `maxTokens`) or by a content filter.',
  },
  dialect_learned: {
    level: 'warn',
    text: '{model} does not support {refused}: omitted from further requests',
    meaning: 'A model behind ElizaNet refused parts of a request. The call was answered without them.',
  },
  endpoint_upgraded: {
    level: 'info',
    text: 'redirects to https and is asked there from now on; set ELIZANET_BASE_URL to the https address',
    meaning: 'Set `ELIZANET_BASE_URL` to the https URL: it saves one request at each start.',
  },
  endpoint_unhealthy: {
    level: 'warn',
    text: '{provider} does not answer a check: {cause}; it could not answer for a primary now',
    meaning:
      'A check soon after the start, or while a circuit is open, found an endpoint broken. Repair it before it is needed: address, key, server. It is checked again until it answers.',
  },
  endpoint_healthy: {
    level: 'info',
    text: '{provider} answers checks again',
    meaning: 'An endpoint that had failed a check is healthy again.',
  },
  provider_isolated: {
    level: 'warn',
    text: '{provider} is isolated: no call goes to it until it is restored',
    meaning: '`isolate` of the service was called.',
  },
  provider_restored: {
    level: 'info',
    text: '{provider} is restored',
    meaning: '`restore` of the service was called.',
  },
  cost_unknown: {
    level: 'warn',
    text: 'ELIZANET_MAX_COST_PER_DAY cannot be kept for {provider}: it states neither costs nor prices; set ELIZANET_MAX_CALLS_PER_HOUR',
    meaning: 'Logged once, soon after the start. Only LiteLLM states what a call costs.',
  },
  budget_reached: {
    level: 'warn',
    text: '{provider} is not asked for now: {limit} are used up',
    meaning:
      'A limit of `ELIZANET_MAX_COST_PER_DAY` or `ELIZANET_MAX_CALLS_PER_HOUR` is reached. Logged once each time. Raise the limit, or add an endpoint.',
  },
  cache_store_failed: {
    level: 'warn',
    text: "the agent's database does not keep cached answers; only the memory cache is used",
    meaning: "Logged once. Check the agent's database, or set `ELIZANET_CACHE_PERSIST=false`.",
  },
  fleet_lost: {
    level: 'warn',
    text: 'the Redis server of ELIZANET_REDIS_URL does not answer; this agent goes by what it sees itself',
    meaning:
      'Failover works on; each agent finds out by itself that a provider fails. Logged once until Redis is back. Check the address, the password and the server.',
  },
  fleet_back: {
    level: 'info',
    text: 'the Redis server of ELIZANET_REDIS_URL answers again',
    meaning: 'The agents tell each other of failing providers again.',
  },
  provider_dropped: {
    level: 'warn',
    text: 'another plugin wraps useModel without its third argument, the provider; failover still works, but the log of calls names the first provider',
    meaning: 'Logged once. Report it to the author of that plugin.',
  },
  extension_failed: {
    level: 'warn',
    text: 'the {point} "{extension}" {fault}; {effect}',
    meaning:
      'Code that the agent passes to the plugin failed; see [Extending](extending.md). Logged once for each extension and fault.',
  },
  space_unknown: {
    level: 'warn',
    text: "cannot check whether {provider}'s embeddings fit the agent's: the primary has embedded nothing to compare with; make sure that both use the same model (ELIZANET_EMBEDDING_MODEL)",
    meaning: 'Logged once. See [Embeddings](embeddings.md).',
  },
  space_differs: {
    level: 'warn',
    text: "{provider} serves embeddings of another space than the primary's (ELIZANET_EMBEDDING_ON_MISMATCH=allow); they find nothing in the agent's store",
    meaning: "Logged once. Set `ELIZANET_EMBEDDING_MODEL` to the primary's model.",
  },
  text_cut: {
    level: 'warn',
    text: 'TEXT_EMBEDDING embeds only the beginning of a text of more than {maxTokens} tokens',
    meaning: 'The text is longer than the context of the embedding model. Split it.',
  },
  attachments_left_out: {
    level: 'warn',
    text: 'attachments that are not images, or may not be fetched, are not sent to ElizaNet',
    meaning: 'ElizaNet answered without them. `count` is their number.',
  },
  schema_unchecked: {
    level: 'warn',
    text: '{modelType}: the schema cannot be compiled, answers are not checked',
    meaning: 'Repair the JSON schema of the call; `uncheckable` says what is wrong with it.',
  },
  image_options_changed: {
    level: 'warn',
    text: 'IMAGE: {model} does not support the {options}',
    meaning: 'The nearest option that the image model has was sent.',
  },
  images_missing: {
    level: 'warn',
    text: 'IMAGE: {succeededCount} of {requestCount} requests succeeded',
    meaning: 'The call returned fewer images than it asked for.',
  },
  failed_over: {
    level: 'debug',
    text: '{modelType} failed over: {route}',
    meaning:
      'Another provider answered one call: `TEXT_LARGE failed over: openai rate_limit 429 12 ms → elizanet-fallback answered 310 ms`. The time of a failed attempt is the time until its failure was known.',
  },
  drill_passed: {
    level: 'debug',
    text: '{modelType} was a drill: {route}',
    meaning: 'ElizaNet answered a call although the primary works (`ELIZANET_DRILL`).',
  },
  call_aborted: {
    level: 'debug',
    text: '{modelType} was aborted by its caller: {route}',
    meaning: 'Not a failure.',
  },
  circuit_reopened: {
    level: 'debug',
    text: '{provider}: {cause}; the probe for {modelType} failed, next one at {until}',
    meaning: 'The outage goes on.',
  },
  circuit_half_open: {
    level: 'debug',
    text: '{provider} is probed for {modelType}',
    meaning: 'The next call is the probe.',
  },
  operation_started: { level: 'debug', text: '{modelType} request', meaning: 'A request to ElizaNet begins.' },
  operation_completed: {
    level: 'debug',
    text: '{modelType} completed',
    meaning: 'ElizaNet has answered; a stream has ended. `durationMs`, `requestId` and `tokens` are fields.',
  },
  operation_failed: {
    level: 'debug',
    text: '{modelType} failed: {error}',
    meaning: 'A request to ElizaNet failed. If it leaves a call without an answer, an error follows.',
  },
  operation_cancelled: {
    level: 'debug',
    text: '{modelType} cancelled',
    meaning: 'The caller stopped waiting, or the reader left the stream.',
  },
  answered_from_cache: { level: 'debug', text: '{modelType} answered from the cache', meaning: 'No request was made.' },
  object_corrected: {
    level: 'debug',
    text: '{modelType}: asking once more, the answer is not valid',
    meaning: 'The first answer did not match the schema; `problems` says where.',
  },
  encoding_unknown: {
    level: 'debug',
    text: 'the encoding of {model} is unknown, its tokens are counted with {encoding}',
    meaning: 'Token counts are estimates.',
  },
} as const satisfies Record<string, LogLine>;

export type LogLineName = keyof typeof LOG_LINES;

type Holes<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never;

/** The fields of a line: those that its text shows, and any others. */
export type LogFields<Name extends LogLineName> = Record<Holes<(typeof LOG_LINES)[Name]['text']>, string | number> &
  Record<string, unknown>;
