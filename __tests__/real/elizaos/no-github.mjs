/**
 * Preloaded into the CLI: its list of plugins is on GitHub, which the tests do not need. It is empty here, and a plugin that
 * is not in it is installed by its name.
 */
const { fetch } = globalThis;
const LIST = 'https://raw.githubusercontent.com/elizaos-plugins/registry/refs/heads/main/generated-registry.json';
globalThis.fetch = Object.assign(
  (input, init) => (input === LIST ? Promise.resolve(Response.json({ registry: {} })) : fetch(input, init)),
  fetch,
);
