/** What the spans of one service can be told apart by: what runs, and where it runs. */
export const labelKinds = ['version', 'pod', 'node'] as const;
export type LabelKind = (typeof labelKinds)[number];

/** What the traces of one version, pod or node of a service were like. */
export interface LabelStats {
  readonly traces: number;
  /** Traces in which a failure began there. */
  readonly failing: number;
  /** Traces in which its own time was well beyond what is usual of the service. */
  readonly slow: number;
}

/** Counts by kind and text; a kind that has too many texts has {@link unnamed} alone. */
export type Labels = Map<LabelKind, Map<string, LabelStats>>;

/** Labels of one kind that a service may have in a table; where there are more, the kind says nothing. */
export const mostLabels = 64;
/** Longest text of a label, characters. */
export const longestLabel = 128;

/** Stands for all labels of a kind of which there are too many to tell apart. */
const unnamed = '';
const nothing: LabelStats = { traces: 0, failing: 0, slow: 0 };

/**
 * Counts a label of a service, or takes it back with weight −1; one that has come to nothing disappears. A kind that has too
 * many is given up for good, so that it does not matter in which order tables are added.
 */
export function addLabel(labels: Labels, kind: LabelKind, text: string, counted: LabelStats, weight = 1): void {
  let of = labels.get(kind);
  if (of === undefined) labels.set(kind, (of = new Map<string, LabelStats>()));
  if (of.has(unnamed)) return;
  const known = of.get(text) ?? nothing;
  const sum = {
    traces: known.traces + weight * counted.traces,
    failing: known.failing + weight * counted.failing,
    slow: known.slow + weight * counted.slow,
  };
  if (text !== unnamed && sum.traces === 0 && sum.failing === 0 && sum.slow === 0) of.delete(text);
  else of.set(text, sum);
  if (text === unnamed || of.size > mostLabels) {
    of.clear();
    of.set(unnamed, nothing);
  }
}

export function mergeLabels(into: Labels, from: Labels, weight = 1): void {
  for (const [kind, of] of from) for (const [text, counted] of of) addLabel(into, kind, text, counted, weight);
}

/** Labels of one kind by text, in byte order; `undefined` where there were too many to tell apart. */
export function labelsOf(labels: Labels | undefined, kind: LabelKind): ReadonlyMap<string, LabelStats> | undefined {
  const of = labels?.get(kind) ?? new Map<string, LabelStats>();
  if (of.has(unnamed)) return undefined;
  return new Map([...of].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Kind, text, traces, failing, slow: by kind, then in byte order of the texts, so that equal labels are equal texts. */
export type FlatLabel = [kind: LabelKind, text: string, traces: number, failing: number, slow: number];

export function flatLabels(labels: Labels): FlatLabel[] {
  return labelKinds.flatMap((kind) =>
    [...(labels.get(kind) ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([text, { traces, failing, slow }]): FlatLabel => [kind, text, traces, failing, slow]),
  );
}
