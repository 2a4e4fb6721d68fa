import {
  Encoders,
  decodeText,
  encodeText
} from "./chunk-6XTBP4MA.js";
export {
  Encoders,
  decodeText,
  encodeText
};
