/** One way in which an answer is not the object that was asked for. */
export interface Problem {
  /** JSON pointer, `''` for the whole. Keys that the schema does not name are the model's own words, and stand as `*`. */
  path: string;
  /** The rule that is broken, in the schema's words: `required`, `type`. */
  rule: string;
  /** What is expected there. Only for the model: it may repeat the answer. */
  hint: string;
}

/** More would not help anybody. */
const MAX_PROBLEMS = 10;

/** `/size (required)`, for error messages. */
export function describeProblems(problems: readonly Problem[]): string[] {
  const shown = problems.slice(0, MAX_PROBLEMS).map(({ path, rule }) => `${path || 'the answer'} (${rule})`);
  return problems.length > MAX_PROBLEMS ? [...shown, `${problems.length - MAX_PROBLEMS} more`] : shown;
}

/** What to tell the model about an answer of its own. */
export function correctionOf(problems: readonly Problem[]): string {
  const lines = problems.slice(0, MAX_PROBLEMS).map(({ path, hint }) => `- ${path || 'the answer'}: ${hint}`);
  return `Your answer cannot be used:\n${lines.join('\n')}\nAnswer again: the whole corrected JSON object and nothing else.`;
}

/**
 * The pointer to a place in an answer.
 * @param names the keys that the schema knows.
 */
export function pointerTo(path: readonly PropertyKey[], names: ReadonlySet<string>): string {
  return path
    .map((key) =>
      typeof key === 'number' || names.has(String(key)) || /^\d{1,6}$/.test(String(key)) ? String(key) : '*',
    )
    .map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** Every key and required name in a schema. */
export function namesIn(schema: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  JSON.stringify(schema, (key, value) => {
    names.add(key);
    if (key === 'required' && Array.isArray(value)) for (const name of value) names.add(String(name));
    return value;
  });
  return names;
}
