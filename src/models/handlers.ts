/** What serves each model type, loaded together when ElizaNet is first asked for something. */
export { handleTextEmbedding } from './embedding.js';
export { handleImage } from './image.js';
export { generateObjectByModelType } from './object.js';
export { handleTextToSpeech, type SpeechInput } from './speech.js';
export { handleText } from './text.js';
export { detokenizeText, tokenizeText } from './tokenizer.js';
export { handleTranscription } from './transcription.js';
export { handleImageDescription } from './vision.js';
