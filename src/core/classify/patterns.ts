/**
 * The regular expressions that read what providers send, except the templates of their sentences (`templates/`).
 * They read outside text, so each must take linear time at most: every quantifier is bounded, and a pattern with more
 * than a few repetitions is anchored at the start. A test checks all of them.
 */
export const PATTERNS = {
  /** One part of a duration: "1h", "30 minutes", "36.97s". */
  durationPart:
    /^[ ,]{0,2}(?:and )?(\d{1,9}(?:\.\d{1,12})?) ?(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?:\(s\))?(?![a-z])/i,
  /** What comes before a stated wait. The first group: one whose number needs no unit. */
  waitInText:
    /\b(?:(retry[ -]after)[:=]?|(?:try|retry|retrying|request|again|available|resets?|replenished) (?:in|after)|wait(?: for)?) (?=\d)/i,
  bareSeconds: /^(\d{1,6}(?:\.\d{1,6})?)(?=[.,;)]?(?:\s|$))/,

  literalStart: /^\s{0,200}(?:[[{"']|b["'])/,
  wordCharacter: /^\w$/,
  hex: /^[0-9a-f]{2,4}$/i,
  html: /^\s{0,200}(?:<!doctype html|<html|<head|<body|<!--)/i,

  punctuation: /[^a-z0-9]/g,
  /** What separates the words of a text, whatever its script. */
  separators: /[^\p{L}\p{N}]+/gu,

  number: /^\d{1,200}$/,
  /** "429", as a string. */
  statusText: /^[45]\d\d$/,
  /** What may be shown of a foreign error's `code` or `requestId`. */
  identifier: /^[\w.:/@+=-]{1,64}$/,

  /** Node's, undici's and llhttp's codes of a connection that failed. */
  networkCode:
    /^(?:ECONN[A-Z]{1,20}|ENOTFOUND|EAI_[A-Z]{1,20}|EPIPE|EPROTO|E(?:HOST|NET)(?:UNREACH|DOWN)|EADDRNOTAVAIL|UND_ERR_[A-Z_]{1,60}|HPE_[A-Z_]{1,60}|ERR_NETWORK|ERR_HTTP2_[A-Z_]{1,60}|ERR_STREAM_PREMATURE_CLOSE)$/,
  /** Certificates and TLS. Bun throws these codes bare, Node puts them on the cause. */
  tlsCode:
    /^(?:ERR_(?:TLS|SSL)_[A-Z0-9_]{1,60}|(?:CERT|CRL)_[A-Z_]{1,60}|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT(?:_IN_CHAIN)?|UNABLE_TO_[A-Z_]{1,60}|INVALID_(?:CA|PURPOSE)|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERROR_IN_CERT_[A-Z_]{1,60}|UNKNOWN_CERTIFICATE_VERIFICATION_ERROR)$/,
  bunNetworkCode: /^(?:Connection(?:Refused|Closed|Reset)|FailedToOpenSocket|ERR_SOCKET_[A-Z_]{1,60})$/,
  timeoutCode: /^(?:ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_[A-Z_]{0,40}TIMEOUT|UND_ERR_ABORTED|ABORT_ERR)$/,

  /** Periods of Google's quota ids and metrics: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
  dayPeriod: /(?:per[_ -]?|_)(?:day|month)|\bdaily\b|\bmonthly\b/i,
  minutePeriod: /per[_ -]?(?:min|second)/i,

  // Wrappers at the start of a message; removed one after the other.
  /** LiteLLM: "OpenAIException - ", "AzureException RateLimitError - ", "BedrockException: Context Window Error - ". */
  liteLlmProvider: /^([A-Za-z][\w.]{1,40} ?(?:Exception|Error))(?::? ([A-Za-z][\w ]{0,40}))? - /,
  /** "litellm.RateLimitError: ", "ThrottlingException: ", "AI_APICallError: ", "Error: ". */
  className: /^(?:[A-Za-z]{1,20}\.){0,2}([A-Z]\w{0,60}(?:Error|Exception)|Error|Timeout(?: Error)?): /,
  /** "OpenAI API error: 429 - ", "OpenAI TTS error 429: ", "HTTP 429 ", "Error code: 429 - ", "… status code 429". */
  statusHead:
    /^\[?(?:(?:[A-Z][\w.-]{0,30} ){0,4}(?:(?:API|HTTP|TTS|completion) [Ee]rror|[Ee]rror code|HTTP|API returned error|API error occurred: Status)|HTTP\/\d(?:\.\d)?|Request failed with status(?: code)?|Server responded with status|(?:got |[Uu]nexpected |[Rr]esponse )?[Ss]tatus(?: code)?)(?:! status| status| code)?:? \(?(?:status )?([45]\d\d)\)?(?![\w.])[\s,:;)-]{0,4}/,
  /** A status before its reason phrase or a body. A number before anything else is not a status. */
  bareStatus:
    /^\[?([45]\d\d) ?(?:- )?(?=[[{]|(?:Bad Request|Unauthorized|Payment Required|Forbidden|Not Found|Request Time-?out|Conflict|Precondition Failed|(?:Payload|Content|Request Entity) Too Large|Unprocessable|Too Many Requests|Internal Server Error|Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out|status code|RESOURCE_EXHAUSTED|UNAVAILABLE|INVALID_ARGUMENT|PERMISSION_DENIED|UNAUTHENTICATED|NOT_FOUND|INTERNAL|DEADLINE_EXCEEDED|FAILED_PRECONDITION)\b)/,
  /** The same inside another wrapper, with nothing after it. */
  statusOnly: /^([45]\d\d)\s{0,3}$/,
  /** The reason phrase or gRPC status between a status and the body. */
  reasonBeforeBody: /^\]?[A-Z][A-Za-z_]{0,30}(?: [A-Z][A-Za-z_]{0,30}){0,3}\]?[.:]?\s{0,3}(?=[[{<])/,
  /** "Too Many Requests: you've reached your weekly usage limit": both halves are sentences. */
  reasonHead: /^(?:Unauthorized|Payment Required|Forbidden|Too Many Requests)\]?[:,]? (?=\S)/i,
  /** Mistral's client prints the content type before the body. */
  contentTypeHead: /^Content-Type [\w/+-]{1,60}(?:; ?charset=[\w-]{1,20})?[ .]{0,2}Body:? ?\s?/,
  /** botocore. */
  awsHead:
    /^An error occurred \((\w{1,60})\) when calling the \w{1,60} operation(?: \(reached max retries: \d{1,3}\))?: /,
  /** "Provider error: ", "OpenAI API error: ", "API request failed: ", "OpenAI API error (403): ". */
  genericHead:
    /^\[?(?:[A-Z][\w.-]{0,30} ){0,3}(?:API|HTTP|TTS|SDK|LLM|[Pp]rovider|[Rr]equest|[Cc]ompletion|[Uu]pstream|[Ss]tream|[Ii]nference|[Ee]mbedding)(?: request| call)? (?:error|Error|failed|failure)(?: occurred)?: /,
  /** "Failed to generate image: ". Not "Failed to parse …: ", which quotes what could not be parsed. */
  failedHead:
    /^(?:Failed to|Could not|Unable to) (?:generate|create|fetch|call|get|complete|embed|transcribe|connect|stream|invoke|reach|validate)(?: [\w'/-]{1,30}){0,6}: /,
  /** The AI SDK's retries, Bedrock's model errors, Google's old client, node-fetch. */
  otherHead:
    /^(?:Failed after \d{1,3} attempts(?: with [\w -]{1,40})?\. (?:Last error|Errors?): |The model returned the following errors: |Input validation error: |\[GoogleGenerativeAI Error\]: (?:Error fetching from \S{1,200}: )?|request to \S{1,300} failed, reason: )/,
  /** "insufficient_quota: You exceeded …", "DeploymentNotFound: The API …", "ECONNRESET: aborted", "14 UNAVAILABLE: …". */
  codeHead:
    /^(?:([a-z][a-z0-9]{1,30}(?:[_.-][a-z0-9]{1,30}){1,6}):? (?=[A-Z])|([A-Z][a-z]{1,20}(?:[A-Z][a-z]{1,20}){1,5}): |(?:\d{1,2} )?([A-Z][A-Z_]{3,40}): )/,
  /** A sentence that is a code and nothing else. */
  codeAlone: /^([A-Za-z][\w.-]{2,63})[.!]?$/,
} satisfies Record<string, RegExp>;
