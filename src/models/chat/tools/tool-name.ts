const MAX_CHARS = 64;

/** The name of a tool in the form that OpenAI takes. Most names have it already. */
export function toolNameFor(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, MAX_CHARS);
}
