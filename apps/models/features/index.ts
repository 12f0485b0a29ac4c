export { columnOf, featureMeaning, serviceFeatures, traceFeatures } from './columns';
export { FeatureCounter } from './feature-counter';
export { FeatureReader } from './feature-reader';
export { profileScore } from './feature-rows';
export type { FeatureRows } from './feature-rows';
export { decodeFeatureSchema, encodeFeatureSchema, featureSchemaOf } from './schema';
export type { FeatureSchema } from './schema';
