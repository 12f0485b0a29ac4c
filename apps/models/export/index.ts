export { encodeOnnx, onnxFile } from './onnx';
export { encodeSavedModel, savedModelFile } from './saved-model';
