/** What serves each model type, loaded together when ElizaNet is first asked for something. */

export { serveAdmitted } from './admit-call.js';
export { handleTextToSpeech, type SpeechInput } from './audio/handle-speech.js';
export { handleTranscription } from './audio/handle-transcription.js';
export { handleText, type TextModelType } from './chat/handle-text.js';
export { handleTextEmbedding } from './embedding/handle-embedding.js';
export { handleEmbeddingBatch } from './embedding/handle-embedding-batch.js';
export { handleImage } from './image/handle-image.js';
export { handleImageDescription } from './image/handle-image-description.js';
export { generateObjectByModelType } from './object/handle-object.js';
export { detokenizeText, tokenizeText } from './tokenizer/handle-tokenizer.js';
