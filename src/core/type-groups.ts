/** Words for model types that belong together, as settings name them. */
const GROUP_OF_TYPE = {
  TEXT_SMALL: 'text',
  TEXT_LARGE: 'text',
  OBJECT_SMALL: 'object',
  OBJECT_LARGE: 'object',
  TEXT_EMBEDDING: 'embedding',
  TEXT_EMBEDDING_BATCH: 'embedding',
  IMAGE: 'image',
  IMAGE_DESCRIPTION: 'image_description',
  TRANSCRIPTION: 'transcription',
  TEXT_TO_SPEECH: 'speech',
} as const;

/** A model type that ElizaNet serves by a request. */
export type ServedType = keyof typeof GROUP_OF_TYPE;

export const TYPE_GROUPS = [...new Set(Object.values(GROUP_OF_TYPE))];

/** Every group and every model type, in lower case. */
export const TYPE_WORDS: readonly string[] = [
  ...TYPE_GROUPS,
  ...Object.keys(GROUP_OF_TYPE).map((type) => type.toLowerCase()),
];

/** Whether one of the words is a model type or its group. True for a type without a group, such as that of a tokenizer. */
export function namesType(words: ReadonlySet<string>, modelType: string): boolean {
  const group = GROUP_OF_TYPE[modelType as ServedType] as string | undefined;
  return group === undefined || words.has(group) || words.has(modelType.toLowerCase());
}
