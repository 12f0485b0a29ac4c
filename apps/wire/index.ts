export { readColumns, utf8Data, writeColumns } from './arrow-parquet';
export { decodeAnalysisProgress, encodeAnalysisProgress, maxNamedIncidents, progressStepMs } from './analysis-progress';
export type { AnalysisProgress } from './analysis-progress';
export {
  BundleError,
  bundlePointerSchema,
  decodeBundle,
  decodeSpread,
  encodeBundle,
  encodeSpread,
  featureSchema,
  statisticsBytes,
} from './bundle';
export type { Bundle, BundlePointer, PointerEntry } from './bundle';
export { BundleReader } from './bundle-reader';
export type { BundleObjects } from './bundle-reader';
export { CompactSketch } from './compact-sketch';
export {
  decodeFeedback,
  encodeFeedback,
  feedbackAnswers,
  feedbackKey,
  feedbackLimits,
  feedbackLine,
  feedbackNote,
  feedbackSchema,
} from './feedback';
export type { Feedback } from './feedback';
export { FeedbackBook } from './feedback-book';
export type { FeedbackRecord } from './feedback-book';
export { incidentLabels } from './feedback-labels';
export type { IncidentLabel } from './feedback-labels';
export { feedbackVerdict, feedbackVerdicts } from './feedback-verdict';
export type { FeedbackVerdict } from './feedback-verdict';
export { decodeDriftEvent, driftEventId, encodeDriftEvent } from './drift-event';
export type { DriftEvent } from './drift-event';
export { headers, schemas } from './headers';
export { hashId } from './id-hash';
export { defaultTenant, parseServiceKey, serviceKey, serviceLabel, serviceName } from './identity';
export { blindnessSums } from './stats-fields';
export type { ServiceId, ServiceKey } from './identity';
export { callerOfUnseen, isPeer, peerName, unseenCallee } from './peer';
export {
  causeSchema,
  decodeIncident,
  encodeIncident,
  evidenceSchema,
  exemplarSchema,
  incidentSchema,
  rankedSchema,
} from './incident';
export type { Cause, Evidence, Exemplar, Incident, Ranked } from './incident';
export { addLabel, flatLabels, labelKinds, labelsOf, longestLabel, mergeLabels, mostLabels } from './labels';
export type { FlatLabel, LabelKind, Labels, LabelStats } from './labels';
export {
  addToSketch,
  bucketOf,
  countAtLeast,
  decodeSketch,
  encodeSketch,
  mergeSketch,
  quantile,
  robustLog,
  sketchCount,
  valueOf,
  zeroBucket,
} from './sketch';
export type { Sketch } from './sketch';
export {
  decodeStoredFeatures,
  encodeStoredFeatures,
  learnedScoreSchema,
  rowModelNames,
  scorerNames,
} from './learned-score';
export type { LearnedScore, LearnedVerdict, StoredFeatures } from './learned-score';
export { decodeManifest } from './manifest';
export type { Manifest, StoredObject } from './manifest';
export { rankingModelSchema } from './ranking-model';
export { anyChild, leastRegular, materialMs, regularShare, rulesOf, timeFloorShare } from './shape-rules';
export type { ShapeRule } from './shape-rules';
export {
  addShape,
  addSpan,
  compactTable,
  edgeKey,
  edgeRow,
  emptyTable,
  emptyTally,
  entryKey,
  entryRow,
  mergeTable,
  mergeTally,
  operationKey,
  operationRow,
  serviceRow,
  shapeKey,
  shapeLabels,
} from './stats';
export type {
  Blindness,
  EdgeStats,
  EntryStats,
  OperationStats,
  ServiceStats,
  ShapeStats,
  StatsTable,
  Tally,
} from './stats';
export { addBlock, happened, streamKey, streamKinds, streamsOf, sumFrom } from './streams';
export type { StreamKind, StreamSpread, StreamValues } from './streams';
export { decodeStatsTable, encodeStatsTable } from './stats-codec';
export type { ReadOptions, Unread } from './stats-codec';
export { statsTableFromJson, statsTableToJson } from './stats-json';
export { hex, storedSpans } from './trace-columns';
export type { StoredSpan } from './trace-columns';
export { grafanaTraceUrl } from './trace-links';
export { readTraceParquet, TraceParquetError, writeStoredSpans, writeTraceParquet } from './trace-parquet';
export { attributeTypes, emptyTraceBatch, firstLateRevision, noRow, spanFlags, traceFlags } from './trace-batch';
export { decodeTraceBatch, encodeTraceBatch } from './trace-batch-codec';
export type { AttributeColumn, SpanColumns, TextColumn, TraceBatch, TraceColumns } from './trace-batch';
export { decodeVerdict, encodeVerdict, findingKinds, verdictSchema } from './verdict';
export type { Finding, Verdict } from './verdict';
export { sequenceOf, versionName } from './version';
export { ByteBudget, WindowCollector } from './window-collector';
export type { ClosedWindow } from './window-collector';
export { decodeWindowStats, encodeWindowStats } from './window-stats';
export type { Source, SourceRange, WindowDelta, WindowStats } from './window-stats';
export { otlpDescriptor } from './otlp-descriptor';
export { WireError } from './wire-error';
