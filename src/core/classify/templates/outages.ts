import { type Template, template, WORDS } from './template.js';

/** Requests come too fast. */
const RATE_LIMIT = [
  '(?:(?:api|requests?|tokens?|account|organization|user|key|model|provider|global) ){0,2}rate[ _-]?limits?(?: is| was| has been)? (?:exceeded|reached|hit|error)\\b',
  'rate[ _-]?limit(?:ed|_exceeded|_error|[.!]?$)',
  'you (?:are|have been|were) (?:being )?rate[ -]?limited\\b',
  `you(?:['’]ve| have)? (?:exceeded|reached|hit) (?:your|the) ${WORDS}rate limit\\b`,
  'too many (?:requests|tokens)(?:[.!:,]| per\\b|$)',
  '(?:the |your )?requests?(?: was| were| has been| have been)? (?:throttled|rate[ -]limited)\\b',
  'throttl(?:ed|ing)\\b',
  'requests to the .{1,80} operation\\b.{0,120}\\bhave exceeded (?:the )?(?:call|token) rate limit\\b',
  'this request would exceed (?:your|the) .{0,60}rate limit\\b',
  'number of (?:\\w{1,20} ){0,3}tokens has exceeded your per-minute rate limit\\b',
  'resource(?: has been)? exhausted\\b',
  'crossed (?:tpm|rpm|max parallel)\\b',
  'max parallel request limit reached\\b',
  'no deployments available for selected model\\b',
  'request too large for (?:model|\\S{1,60} in organization)\\b',
  '(?:concurrency|concurrent requests?|parallel requests?|request) limit (?:has been )?(?:exceeded|reached)\\b',
  '\\S{1,100} is temporarily rate-limited\\b',
  'slow down\\b',
];

/** The provider has no room for the request now. */
const BUSY = [
  '(?:(?:the |this |selected ){0,2}(?:model|service|server|system|engine|api)(?: …| \\S{1,80})? )?(?:is )?(?:currently |temporarily )?(?:overloaded(?:_error)?|unavailable|at capacity|busy|out of capacity)\\b',
  '(?:(?:service|flex|tier|model|server) ){0,3}capacity (?:exceeded|exhausted)\\b',
  'no capacity available\\b',
];

/** The provider fails. */
const SERVER = [
  'api returned invalid structure\\b',
  'bad gateway\\b',
  'gateway time-?out\\b',
  '(?:an? )?(?:internal|unexpected) (?:server )?error\\b',
  'no healthy upstream\\b',
  'upstream connect error\\b',
  'the server had an error\\b',
];

/** The connection failed, in the words of clients that do not use fetch. */
const NETWORK = [
  'connection (?:refused|reset|closed|lost|terminated|aborted|error)\\b',
  'connect(?:ion)? (?:to \\S{1,100} )?(?:was )?(?:refused|failed)\\b',
  'network (?:error|request failed|connection lost|is unreachable)\\b',
  'networkerror when attempting to fetch resource\\b',
  '(?:fetch failed|failed to fetch|load failed)(?:$|[:.])',
  '(?:remote end|server|peer) (?:closed|disconnected)\\b',
  'socket hang up\\b',
  '(?:the )?socket connection was closed\\b',
  'client network socket disconnected\\b',
  'other side closed\\b',
  'terminated$',
  'premature close\\b',
  'unable to connect\\b',
  'cannot connect to api\\b',
  'getaddrinfo failed\\b',
  'self[- ]signed certificate\\b',
  'certificate has expired\\b',
  'unable to (?:verify the first certificate|get (?:local )?issuer certificate)\\b',
  'hostname/ip does not match\\b',
  'unknown certificate verification error\\b',
  '(?:\\w{1,20}:)?error:[\\w]{1,20}:ssl routines\\b',
];

/** Time ran out. */
const TIMEOUT = [
  '(?:the )?(?:request|operation|connection|connect|socket|response|read|headers|body|api call|call)?(?: has| was)? ?timed[ -]out\\b',
  '(?:upstream )?(?:request|connect(?:ion)?|socket|response|read|headers|body|operation) time-?out\\b',
  'time-?out (?:of \\d|after|exceeded|error)',
  'time-?out[.!]?$',
  'the operation was aborted due to timeout\\b',
  '(?:the |this )?(?:operation|request) was aborted\\b',
  'deadline exceeded\\b',
];

/** "connect ECONNREFUSED 127.0.0.1:1", "getaddrinfo ENOTFOUND api.example.com". In capitals, unlike the sentences. */
const SYSTEM_CALLS: readonly Template[] = [
  {
    kind: 'network',
    pattern: /^\w{1,16} (?:ECONN[A-Z]{3,10}|ENOTFOUND|EAI_AGAIN|EPIPE|EPROTO|E(?:HOST|NET)(?:UNREACH|DOWN))\b/,
  },
  { kind: 'timeout', pattern: /^\w{1,16} (?:ETIMEDOUT|ESOCKETTIMEDOUT)\b/ },
];

/** The provider cannot answer now. Used with any 4xx status and without a status. */
export const BUSY_TEMPLATES: readonly Template[] = [template('rate_limit', RATE_LIMIT), template('server', BUSY)];

/** Used only when no status is known. */
export const OUTAGE_TEMPLATES: readonly Template[] = [
  template('server', SERVER),
  ...SYSTEM_CALLS,
  template('network', NETWORK),
  template('timeout', TIMEOUT),
];
