import { type Template, template, WORDS } from './template.js';

const OWNER =
  '(?:you|(?:your|this|the|our) (?:account|team|organization|workspace|project|plan|subscription|api key|key|user))(?: …| [\\w-]{8,40}| \\([^)]{0,60}\\))?';
const HAS = "(?:['’]ve| have| has| is| are)?(?: already| either| now| currently)?";
const SPENT =
  '(?:exceeded|reached|hit|exhausted|depleted|consumed|used(?: up)?|r[ua]n out of|out of|no|insufficient|not enough)';
const PERIOD_LIMIT =
  '(?:usage|spend(?:ing)?|session|billing|credit|plan|subscription|monthly|weekly|daily|hourly|\\d{1,2}-(?:hour|day)) limits?';
const ALLOWANCE = `(?:quota|credits?|balance|funds|allowance|${PERIOD_LIMIT})`;
const WHICH =
  '(?:the |your |this |account |api |key |free |paid |prepaid |prepayment |available |remaining |included |trial |subscription |claude |monthly |weekly |daily |credit |current ){0,3}';
const SUBJECT = `(?:credits?|balance|quota(?: limit)?|funds|allowance|free tier|(?:key|hard|soft) limit|(?:billing )?hard limit|${PERIOD_LIMIT})`;
const GONE =
  '(?:exceeded|exhausted|depleted|reached|hit|spent|used up|too low|insufficient|empty|negative|overdrawn|not enough)';
const MONEY = '(?:spend|billing|invoice|pay|balance|credit|arrear|overdue)';

/**
 * The account or key has nothing left to spend. Sentences of OpenAI, Anthropic, Google, OpenRouter, xAI, Mistral,
 * DeepSeek, Azure, Fireworks, DashScope, Moonshot, Ollama, ElizaCloud, and LiteLLM's own budgets.
 */
export const QUOTA_TEMPLATES: readonly Template[] = [
  template('quota', [
    // "You exceeded your current quota", "You have reached your specified API usage limits", "you (name) have reached
    // your weekly usage limit", "Your team … has either used all available credits", "You have run out of credits".
    `${OWNER}${HAS} ${SPENT} ${WORDS}${ALLOWANCE}\\b`,
    `${OWNER} (?:do|does)(?:n['’]t| not) have enough ${WORDS}${ALLOWANCE}\\b`,
    "you['’]ve (?:hit|reached) your limit\\b",
    // "Your credit balance is too low", "Key limit exceeded (total limit)", "Your prepayment credits are depleted",
    // "The free tier of the model has been exhausted", "Quota exceeded for metric: …".
    `${WHICH}${SUBJECT}(?: (?:of|for) ${WORDS}(?:model|month|key|account|…))?(?: is| are| was| has| have)?(?: been| already| currently)? ${GONE}\\b`,
    `(?:insufficient|not enough|out of) ${WORDS}${ALLOWANCE}\\b`,
    `no (?:\\w{1,20} )?(?:credits?|funds|quota)(?: left| remaining| available|$)`,
    `exceeded ${WHICH}(?:quota|${PERIOD_LIMIT})\\b`,
    'out of call volume quota\\b',
    'this request requires more credits\\b',
    '(?:your )?(?:inactive subscription|subscription (?:is|has)(?: been)? (?:inactive|not active|expired|cancell?ed))\\b',
    '(?:no active subscription|(?:your )?free trial (?:has )?(?:ended|expired))\\b',
    // "Account … is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices".
    `(?:(?:your|this|the) )?(?:account|api key|key|organization|project)\\b.{0,60}\\b(?:suspended|disabled|deactivated|blocked|overdue|not active)\\b.{0,60}\\b${MONEY}`,
    'access denied,? (?:please make sure your account is in good standing|due to (?:an )?overdue account)',
    'billing (?:hard limit has been reached|is not active|is disabled|has been disabled)',
    'this api method requires billing to be enabled',
    'payment required\\.?$',
    'budget has been exceeded$',
    `exceeded ?(?:token ?)?budget: ${WORDS}`,
    'litellm (?:user|virtual key|team|end user)\\b.{0,120}\\bexceeded budget\\b',
    'no deployments available - crossed budget\\b',
  ]),
  template(
    'quota',
    [
      'too many (?:tokens|requests) per (?:day|month)\\b',
      'rate limit exceeded: [\\w-]{1,30}-per-(?:day|month)\\b',
      `${WHICH}(?:daily|monthly|weekly) ${WORDS}(?:limit|quota)(?: has been| was| is)? (?:exceeded|reached|exhausted)\\b`,
      'number of request tokens has exceeded your daily rate limit\\b',
      'you are using a trial key, which is limited to \\d{1,9} api calls ?/ ?month\\b',
    ],
    { isLong: true },
  ),
];
