import { z } from 'zod';
import { statsTableFromJson, statsTableSchema } from './stats-json';
import type { WindowStats } from './window-stats';

/** `window-stats/1`: JSON, one record for each record of `traces-preprocessed`. */
const windowStatsJson = z.object({
  schema: z.literal(1),
  tenant: z.string().max(256),
  source: z.object({ partition: z.number().int().min(0), offset: z.number().int().min(0) }),
  watermarkMs: z.number(),
  verdicts: z.number().int().min(0),
  windows: z.array(
    z.object({
      startMs: z.number(),
      durationMs: z.number().positive(),
      stats: statsTableSchema,
    }),
  ),
});

/** Reads the first version, which nobody writes any more. @throws {z.ZodError | SyntaxError} when the bytes are no such message */
export function windowStatsFromJson(bytes: Uint8Array): WindowStats {
  const {
    source,
    windows,
    schema: _schema,
    ...rest
  } = windowStatsJson.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  return {
    ...rest,
    source: { partition: source.partition, firstOffset: source.offset, lastOffset: source.offset },
    windows: windows.map((window) => ({ ...window, stats: statsTableFromJson(window.stats) })),
  };
}
