/** The name this plugin registers its models under, and the provider that core's log shows for its answers. */
export const PROVIDER_NAME = 'elizanet-fallback';
