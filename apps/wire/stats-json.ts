import { z } from 'zod';
import { decodeSketch, encodeSketch } from './sketch';
import { addLabel, flatLabels, labelKinds, longestLabel } from './labels';
import { edgeRow, emptyTable, entryRow, operationRow, serviceRow, type StatsTable, type Tally } from './stats';

const name = z.string().max(4096);
const sketch = z.array(z.number()).max(8192);
/** Fields that records of the first version do not have. */
const newSketch = sketch.default([]);
const newCount = z.number().default(0);
const tally = z.object({
  count: z.number(),
  errors: z.number(),
  origins: z.number(),
  duration: sketch,
  self: sketch,
});

/** A {@link StatsTable} as JSON: rows sorted by key, sketches flat. */
export const statsTableSchema = z.object({
  operations: z.array(
    z.object({
      service: name,
      operation: name,
      kind: z.number().int().min(0).max(5),
      entry: z.boolean(),
      all: tally,
      anomalous: tally,
      exceeding: z.number(),
      suspects: z.number(),
      traces: newCount,
      perTrace: newSketch,
      erring: newCount,
      failing: newCount,
      deep: newCount,
      watched: newCount,
      lacking: newCount,
      /** Key, count, deep. */
      shapes: z
        .array(z.tuple([z.string().max(65_536), z.number(), z.number()]))
        .max(4096)
        .default([]),
    }),
  ),
  edges: z.array(
    z.object({
      caller: name,
      callerOperation: name,
      callee: name,
      operation: name,
      calls: z.number(),
      clientErrors: z.number(),
      serverErrors: z.number(),
      callers: z.number(),
      fanout: sketch,
      gap: sketch,
      duration: sketch,
      gapExceeding: z.number(),
      fanoutExceeding: z.number(),
      anomalousCallers: z.number(),
      anomalousCalls: z.number(),
      anomalousClientErrors: z.number(),
      perTrace: newSketch,
      watched: newCount,
      lacking: newCount,
    }),
  ),
  entries: z.array(
    z.object({
      service: name,
      operation: name,
      traces: z.number(),
      anomalous: z.number(),
      abstained: z.number(),
      failed: z.number(),
      score: sketch,
      duration: newSketch,
      ratio: newSketch,
    }),
  ),
  services: z
    .array(
      z.object({
        service: name,
        traces: z.number(),
        failing: z.number(),
        own: sketch,
        out: sketch,
        in: sketch,
        /** See `FlatLabel`; absent in records of earlier versions. */
        labels: z
          .array(z.tuple([z.enum(labelKinds), z.string().max(longestLabel), z.number(), z.number(), z.number()]))
          .max(256)
          .default([]),
      }),
    )
    .default([]),
  blindness: z.object({
    spans: z.number(),
    orphans: z.number(),
    rootless: z.number(),
    skewed: z.number(),
    truncated: z.number(),
    weight: newCount,
    squaredWeight: newCount,
  }),
});

export type StatsTableJson = z.infer<typeof statsTableSchema>;

/** Equal tables give equal JSON. */
export function statsTableToJson(table: StatsTable): StatsTableJson {
  return {
    operations: sorted(table.operations).map((row) => ({
      ...row,
      all: tallyToJson(row.all),
      anomalous: tallyToJson(row.anomalous),
      perTrace: encodeSketch(row.perTrace),
      shapes: [...row.shapes]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { count, deep }]): [string, number, number] => [key, count, deep]),
    })),
    edges: sorted(table.edges).map((row) => ({
      ...row,
      fanout: encodeSketch(row.fanout),
      gap: encodeSketch(row.gap),
      duration: encodeSketch(row.duration),
      perTrace: encodeSketch(row.perTrace),
    })),
    entries: sorted(table.entries).map((row) => ({
      ...row,
      score: encodeSketch(row.score),
      duration: encodeSketch(row.duration),
      ratio: encodeSketch(row.ratio),
    })),
    services: sorted(table.services).map((row) => ({
      ...row,
      own: encodeSketch(row.own),
      out: encodeSketch(row.out),
      in: encodeSketch(row.in),
      labels: flatLabels(row.labels),
    })),
    blindness: { ...table.blindness },
  };
}

export function statsTableFromJson(json: StatsTableJson): StatsTable {
  const table = emptyTable();
  for (const { service, operation, kind, entry, all, anomalous, perTrace, shapes, ...sums } of json.operations) {
    const row = operationRow(table, service, operation, kind, entry);
    Object.assign(row, sums, {
      all: tallyFromJson(all),
      anomalous: tallyFromJson(anomalous),
      perTrace: decodeSketch(perTrace),
      shapes: new Map(shapes.map(([key, count, deep]) => [key, { count, deep }])),
    });
  }
  for (const { caller, callerOperation, callee, operation, fanout, gap, duration, perTrace, ...sums } of json.edges) {
    const row = edgeRow(table, caller, callerOperation, callee, operation);
    Object.assign(row, sums, {
      fanout: decodeSketch(fanout),
      gap: decodeSketch(gap),
      duration: decodeSketch(duration),
      perTrace: decodeSketch(perTrace),
    });
  }
  for (const { service, operation, score, duration, ratio, ...sums } of json.entries) {
    Object.assign(entryRow(table, service, operation), sums, {
      score: decodeSketch(score),
      duration: decodeSketch(duration),
      ratio: decodeSketch(ratio),
    });
  }
  for (const { service, traces, failing, labels, ...sketches } of json.services) {
    const row = serviceRow(table, service);
    for (const [kind, text, n, bad, slow] of labels)
      addLabel(row.labels, kind, text, { traces: n, failing: bad, slow });
    Object.assign(row, {
      traces,
      failing,
      own: decodeSketch(sketches.own),
      out: decodeSketch(sketches.out),
      in: decodeSketch(sketches.in),
    });
  }
  Object.assign(table.blindness, json.blindness);
  return table;
}

function sorted<T>(rows: ReadonlyMap<string, T>): T[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, row]) => row);
}

function tallyToJson(t: Tally): z.infer<typeof tally> {
  return { ...t, duration: encodeSketch(t.duration), self: encodeSketch(t.self) };
}

function tallyFromJson(t: z.infer<typeof tally>): Tally {
  return { ...t, duration: decodeSketch(t.duration), self: decodeSketch(t.self) };
}
