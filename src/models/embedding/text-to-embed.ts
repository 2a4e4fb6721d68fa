/** The text in the params of a TEXT_EMBEDDING call, if there is one. */
export function textToEmbed(params: unknown): unknown {
  return typeof params === 'object' ? (params as { text?: unknown } | null)?.text : params;
}
