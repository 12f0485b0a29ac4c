import { deadLetterHeaders } from '@plumbline/contracts';

/** Header names of records. Values are UTF-8 texts. */
export const headers = {
  /** `trace-batch/1`, `window-stats/2`, `verdict/1`, `incident/1`, `analysis-progress/1`, `feedback/1`. */
  schema: 'plumbline-schema',
  /** Watermark of a record of `traces-preprocessed`, milliseconds since the epoch. */
  watermark: 'plumbline-watermark-ms',
  ...deadLetterHeaders,
} as const;

export const schemas = {
  traceBatch: 'trace-batch/1',
  windowStats: 'window-stats/2',
  verdict: 'verdict/1',
  incident: 'incident/1',
  analysisProgress: 'analysis-progress/1',
  feedback: 'feedback/1',
} as const;
