import { join } from 'node:path';
import { z } from 'zod';

/** Where results lie in the repository. */
export const sizingFile = join('bench', 'results', 'sizing.json');

/** What a unit of load takes of each process, by the process. */
const cpuSeconds = z.record(z.string(), z.number());

const phase = z.object({
  perSecond: z.number(),
  seconds: z.number(),
  units: z.number(),
  /** CPU seconds for each million units, without what the process takes when nothing comes. */
  cpuSecondsPerMillion: cpuSeconds,
  /** Greatest memory of each process, bytes. */
  peakRssBytes: z.record(z.string(), z.number()),
});
export type Phase = z.infer<typeof phase>;

/** What processes took under a known load. */
export const sizingSchema = z.object({
  command: z.string(),
  node: z.string(),
  cpu: z.string(),
  cpus: z.int(),
  environment: z.string(),
  /** CPU seconds a second, and memory, of each process when nothing comes. */
  idle: z.object({ cores: cpuSeconds, rssBytes: z.record(z.string(), z.number()) }),
  /** Units are spans; the lower rate first. */
  spans: z.array(phase),
  /** Of OTLP as it is sent, and as it is kept, bytes. */
  bytesPerSpan: z.object({
    otlp: z.number(),
    tempoBlocks: z.number(),
    topicTraces: z.number(),
    topicPreprocessed: z.number(),
  }),
  /** Units are bytes of lines. */
  logs: phase,
  /** Bytes that are kept for each byte of lines. */
  logBytesKept: z.number(),
  /** Units are samples. */
  samples: phase,
  series: z.int(),
  /** Memory of Prometheus beyond what it takes without series. */
  bytesPerSeries: z.number(),
});
export type SizingResult = z.infer<typeof sizingSchema>;
