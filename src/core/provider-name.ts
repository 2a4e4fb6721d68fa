/** The name this plugin registers its models under, and the provider that core's log shows for its answers. */
export const PROVIDER_NAME = 'elizanet-fallback';

/** How sentences name a provider. */
export function displayName(provider: string): string {
  return provider === PROVIDER_NAME ? 'ElizaNet' : provider;
}
