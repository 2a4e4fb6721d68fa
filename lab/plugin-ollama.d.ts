/** Published without types. */
declare module '@elizaos/plugin-ollama' {
  export const ollamaPlugin: import('@elizaos/core').Plugin;
}
