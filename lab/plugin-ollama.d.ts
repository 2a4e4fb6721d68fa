/** The package has no types. */
declare module '@elizaos/plugin-ollama' {
  export const ollamaPlugin: import('@elizaos/core').Plugin;
}
