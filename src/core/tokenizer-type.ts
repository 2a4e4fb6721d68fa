/** Model types that are served inside the process: they say nothing of the provider's servers. */
export function isTokenizerType(modelType: string): boolean {
  return modelType === 'TEXT_TOKENIZER_ENCODE' || modelType === 'TEXT_TOKENIZER_DECODE';
}
