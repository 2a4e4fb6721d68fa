import type { FailureKind } from '../failure-rules.js';
import { PATTERNS } from './patterns.js';

/**
 * Codes, types, reasons and class names that identify a kind whatever the status. Case and punctuation are left out:
 * `insufficient_quota`, `InsufficientQuota` and `INSUFFICIENT_QUOTA` are the same code.
 */
const CODES_OF_KIND: Partial<Record<FailureKind, string>> = {
  quota: `insufficientquota insufficientcredits insufficientcredit insufficientbalance insufficientbalanceerror
    insufficientfunds notenoughcredits outofcredits creditlimitexceeded creditbalancetoolow billinghardlimitreached
    billingnotactive billingerror billingdisabled paymentrequired paymentrequirederror quotaexceeded quotaexceedederror
    quotaexhausted exceededcurrentquotaerror usagelimitreached usagelimitexceeded usagenotincluded spendlimitexceeded
    spendinglimitreached spendinglimitexceeded keylimitexceeded monthlylimitexceeded budgetexceeded budgetexceedederror
    exceededbudget exceededtokenbudget tokenquotareached arrearage accountoverdue accountoverdueerror
    allocationquotafreetieronly freetieronly inactivesubscription`,
  rate_limit: `ratelimitexceeded ratelimiterror ratelimit ratelimited ratelimitreached ratelimitreachederror
    userratelimitexceeded toomanyrequests toomanyrequestserror toomanyrequestsexception throttled throttling
    throttlederror throttlingerror throttlingexception throttledexception requestthrottled requestthrottledexception
    throttlingratequota throttlingallocationquota requestlimitexceeded concurrencylimitexceeded limitrequests
    limitburstrate resourceexhausted servicequotaexceededexception provisionedthroughputexceededexception slowdown`,
  server: `servererror internalservererror internalerror internalfailure internalserverexception serviceunavailable
    serviceunavailableerror serviceunavailableexception overloaded overloadederror engineoverloaded
    engineoverloadederror modeloverloaded capacityexceeded flextiercapacityexceeded modelcapacityexhausted nocapacity
    badgateway badgatewayerror gatewaytimeout modelnotreadyexception modelerrorexception modelstreamerrorexception
    upstreamerror`,
  timeout: `requesttimeout requesttimeoutexception modeltimeoutexception apitimeouterror apiconnectiontimeouterror
    deadlineexceeded`,
  context_length: `contextlengthexceeded contextwindowexceeded contextwindowexceedederror contextwindowerror
    contextlengtherror maxcontextlengthexceeded inputtoolong prompttoolong tokenslimitreached`,
  content_policy: `contentpolicyviolation contentpolicyviolationerror contentfilter contentfiltererror contentfiltered
    contentmoderation moderationblocked responsibleaipolicyviolation datainspectionfailed prohibitedcontent
    unsafecontent invalidprompt guardrailintervened`,
  model_not_found: `modelnotfound modelnotfounderror modelnotexist modeldecommissioned modeldeprecated modelremoved
    modelnotsupported modelnotavailable deploymentnotfound invalidmodel invalidmodelid invalidmodelerror unknownmodel
    unsupportedmodel resourcenotfoundexception keymodelaccessdenied teammodelaccessdenied usermodelaccessdenied
    orgmodelaccessdenied ainosuchmodelerror ainosuchprovidererror`,
  auth: `invalidapikey incorrectapikey missingapikey noapikey apikeyinvalid apikeyexpired apikeydisabled
    apikeyserviceblocked invalidauthentication invalidauthenticationerror credentialsmissing accesstokenexpired
    expiredtoken expiredtokenexception expiredkey tokenexpired invalidtoken tokennotfoundindb nodbconnection
    unrecognizedclientexception invalidsignatureexception invalidclienttokenid missingauthenticationtoken
    missingauthenticationtokenexception credentialsprovidererror accountdeactivated unsupportedcountryregionterritory
    ailoadapikeyerror`,
};

/** Error names of the AI SDK and the runtime that identify a kind when there is no status. */
const KIND_BY_NAME: Readonly<Record<string, FailureKind>> = {
  aborterror: 'timeout',
  timeouterror: 'timeout',
  aiemptyresponsebodyerror: 'no_output',
  ainooutputgeneratederror: 'no_output',
  ainoobjectgeneratederror: 'no_output',
  ainocontentgeneratederror: 'no_output',
  ainoimagegeneratederror: 'no_output',
  ainotranscriptgeneratederror: 'no_output',
  ainospeechgeneratederror: 'no_output',
  // `response.json()` of something that is not JSON, such as a proxy's login page.
  syntaxerror: 'server',
  aijsonparseerror: 'server',
  aiinvalidresponsedataerror: 'server',
};

/** The HTTP status that a code stands for, used when there is none: gRPC's codes, Anthropic's types, the error classes of OpenAI's SDK and LiteLLM. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  invalidargument: 400,
  failedprecondition: 400,
  badrequest: 400,
  badrequesterror: 400,
  invalidrequesterror: 400,
  validationexception: 400,
  unauthenticated: 401,
  unauthorized: 401,
  authenticationerror: 401,
  autherror: 401,
  permissiondenied: 403,
  permissionerror: 403,
  permissiondeniederror: 403,
  accessdenied: 403,
  accessdeniedexception: 403,
  forbidden: 403,
  notfound: 404,
  notfounderror: 404,
  timeout: 408,
  timeouterror: 408,
  requesttoolarge: 413,
  unprocessableentityerror: 422,
  internal: 500,
  apierror: 500,
  apiconnectionerror: 500,
  unavailable: 503,
};

const KIND_BY_CODE = new Map<string, FailureKind>(
  Object.entries(CODES_OF_KIND).flatMap(([kind, codes]) =>
    codes
      .split('\n')
      .flatMap((line) => line.trim().split(' '))
      .map((code) => [code, kind as FailureKind] as const),
  ),
);

/** The kind that a code stands for whatever the status; undefined for an unspecific one. */
export function kindOfCode(code: string): FailureKind | undefined {
  const key = keyOf(code);
  return KIND_BY_CODE.get(key) ?? (key.endsWith('unavailable') && key !== 'unavailable' ? 'server' : undefined);
}

/** The kind of a code of the operating system, the runtime or the HTTP library. */
export function kindOfSystemCode(code: string): FailureKind | undefined {
  if (PATTERNS.timeoutCode.test(code)) return 'timeout';
  const isNetwork = [PATTERNS.networkCode, PATTERNS.bunNetworkCode, PATTERNS.tlsCode].some((known) => known.test(code));
  return isNetwork ? 'network' : undefined;
}

export function kindOfName(name: string): FailureKind | undefined {
  const key = keyOf(name);
  return Object.hasOwn(KIND_BY_NAME, key) ? KIND_BY_NAME[key] : undefined;
}

export function statusOfCode(code: string): number | undefined {
  const key = keyOf(code);
  return Object.hasOwn(STATUS_BY_CODE, key) ? STATUS_BY_CODE[key] : undefined;
}

/** AWS writes `com.amazon.coral.service#ThrottlingException` and `ThrottlingException:http://…`. */
function keyOf(code: string): string {
  const name = code.slice(code.indexOf('#') + 1).split(':', 1)[0] ?? '';
  return name.toLowerCase().replaceAll(PATTERNS.punctuation, '');
}
