/** Plugins whose settings do not begin with the first word of their provider's name. */
const PREFIXES: Readonly<Record<string, string>> = { elizaOSCloud: 'ELIZAOS_CLOUD_' };

/** With what the names of a provider's settings begin: `google-genai` has `GOOGLE_…`. */
export function settingPrefix(provider: string): string {
  return PREFIXES[provider] ?? `${provider.split(/[^a-z0-9]/i)[0]?.toUpperCase()}_`;
}
