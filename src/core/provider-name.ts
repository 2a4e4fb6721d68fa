/** The name this plugin registers its models under, and the provider that core's log shows for its answers. */
export const PROVIDER_NAME = 'elizanet-fallback';

/** The name alone, or followed by the number of an endpoint, or by a model. */
const OWN_NAME = /^elizanet-fallback(?:-(\d))?(?= \(|$)/;

/** True for the endpoints of this plugin, whatever their number and model. */
export function isOwnName(provider: string): boolean {
  return OWN_NAME.test(provider);
}

/** How sentences name a provider. */
export function displayName(provider: string): string {
  return provider.replace(OWN_NAME, (_, number: string | undefined) => (number ? `ElizaNet ${number}` : 'ElizaNet'));
}
