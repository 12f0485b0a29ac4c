/*
 * Numbers and sketches of the rows of a table, by name. Their order is their order on the wire: new ones are added at the end.
 */

export const operationSums = [
  'exceeding',
  'suspects',
  'traces',
  'erring',
  'failing',
  'deep',
  'watched',
  'lacking',
] as const;
export const tallySums = ['count', 'errors', 'origins'] as const;
export const edgeSums = [
  'calls',
  'clientErrors',
  'serverErrors',
  'callers',
  'gapExceeding',
  'fanoutExceeding',
  'anomalousCallers',
  'anomalousCalls',
  'anomalousClientErrors',
  'watched',
  'lacking',
] as const;
export const edgeSketches = ['fanout', 'gap', 'duration', 'perTrace'] as const;
export const entrySums = ['traces', 'anomalous', 'abstained', 'failed'] as const;
export const entrySketches = ['score', 'duration', 'ratio'] as const;
export const serviceSums = ['traces', 'failing'] as const;
export const serviceSketches = ['own', 'out', 'in'] as const;
export const labelSums = ['traces', 'failing', 'slow'] as const;
export const blindnessSums = [
  'spans',
  'orphans',
  'rootless',
  'skewed',
  'truncated',
  'weight',
  'squaredWeight',
] as const;
