/** A reason why an answer is not the object that was asked for. */
export interface Problem {
  /** JSON pointer, `''` for the whole answer. A key that the schema does not name is written as `*`: it is the model's text. */
  path: string;
  /** The rule that is broken: a schema keyword such as `required`, or one of ours, such as `length`. */
  rule: string;
  /** What is expected there. Only shown to the model, because it can contain parts of the answer. */
  hint: string;
}

const MAX_PROBLEMS = 10;

/** Problems for error messages, such as `/size (required)`; the first 10, and the number of the others. */
export function describeProblems(problems: readonly Problem[]): string[] {
  const shown = problems.slice(0, MAX_PROBLEMS).map(({ path, rule }) => `${path || 'the answer'} (${rule})`);
  return problems.length > MAX_PROBLEMS ? [...shown, `${problems.length - MAX_PROBLEMS} more`] : shown;
}

/** The user message that asks the model to correct its answer. */
export function correctionOf(problems: readonly Problem[]): string {
  const lines = problems.slice(0, MAX_PROBLEMS).map(({ path, hint }) => `- ${path || 'the answer'}: ${hint}`);
  return `Your answer cannot be used:\n${lines.join('\n')}\nAnswer again: the whole corrected JSON object and nothing else.`;
}

/**
 * The JSON pointer to a place in an answer.
 * @param names the keys that the schema names; other keys are written as `*`.
 */
export function pointerTo(path: readonly PropertyKey[], names: ReadonlySet<string>): string {
  return path
    .map((key) =>
      typeof key === 'number' || names.has(String(key)) || /^\d{1,6}$/.test(String(key)) ? String(key) : '*',
    )
    .map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** All keys and `required` names in a schema. */
export function namesIn(schema: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  JSON.stringify(schema, (key, value) => {
    names.add(key);
    if (key === 'required' && Array.isArray(value)) for (const name of value) names.add(String(name));
    return value;
  });
  return names;
}
