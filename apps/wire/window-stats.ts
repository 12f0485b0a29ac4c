import { z } from 'zod';
import { statsTableFromJson, statsTableSchema, statsTableToJson } from './stats-json';
import type { StatsTable } from './stats';

/** Where a record came from; with it every effect of a record is recognized when it comes again. */
export const sourceSchema = z.object({
  /** Partition of `traces-preprocessed`. */
  partition: z.number().int().min(0),
  /** Offset there. */
  offset: z.number().int().min(0),
});
export type Source = z.infer<typeof sourceSchema>;

const windowStatsJson = z.object({
  schema: z.literal(1),
  tenant: z.string().max(256),
  source: sourceSchema,
  /** No trace with an earlier event time will come from this partition, but for late ones. Milliseconds since the epoch. */
  watermarkMs: z.number(),
  /** Verdicts that the same record gave rise to; they are on `anomalies` before this record is here. */
  verdicts: z.number().int().min(0),
  windows: z.array(
    z.object({
      startMs: z.number(),
      durationMs: z.number().positive(),
      stats: statsTableSchema,
    }),
  ),
});

/** Statistics that one record of `traces-preprocessed` adds; its windows are by event time of the traces. */
export interface WindowStats {
  readonly tenant: string;
  readonly source: Source;
  readonly watermarkMs: number;
  readonly verdicts: number;
  readonly windows: readonly WindowDelta[];
}

/** What is added to one window; counts are negative where a revision takes back what the one before it said. */
export interface WindowDelta {
  /** Start of the window, event time, milliseconds since the epoch; a multiple of `durationMs`. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly stats: StatsTable;
}

export function encodeWindowStats(message: WindowStats): Uint8Array {
  const json: z.infer<typeof windowStatsJson> = {
    schema: 1,
    tenant: message.tenant,
    source: message.source,
    watermarkMs: message.watermarkMs,
    verdicts: message.verdicts,
    windows: message.windows.map((window) => ({ ...window, stats: statsTableToJson(window.stats) })),
  };
  return Buffer.from(JSON.stringify(json));
}

/** @throws {z.ZodError | SyntaxError} when the bytes are no such message */
export function decodeWindowStats(bytes: Uint8Array): WindowStats {
  const { tenant, source, watermarkMs, verdicts, windows } = windowStatsJson.parse(
    JSON.parse(Buffer.from(bytes).toString('utf8')),
  );
  return {
    tenant,
    source,
    watermarkMs,
    verdicts,
    windows: windows.map((window) => ({ ...window, stats: statsTableFromJson(window.stats) })),
  };
}
