import { bufferBytes } from '@plumbline/worker';
import { z } from 'zod';
import { rememberedBytes } from './assembly/forgotten-traces';
import type { AssemblyLimits, AssemblyTimings } from './assembly/assemble';
import type { ResourceLimits } from './naming/resources';
import { bytesPerSpan } from './rows/batch-builder';
import { maxListed } from './otlp/otlp-reader';
import type { SpanLimits } from './rows/span-writer';

const seconds = (fallback: number) => z.coerce.number().positive().max(86_400).default(fallback);
const count = (fallback: number, max = 2_000_000_000) => z.coerce.number().int().min(1).max(max).default(fallback);

/** What a broker adds to a record's value at most: headers, and what Snappy makes of what cannot be compressed. */
const brokerBytes = 64 * 1024;
/** What an encoded batch has beside its columns and texts: schema, and padding of some eighty buffers. */
export const batchOverheadBytes = 32 * 1024;

const settings = z.object({
  COMPLETE_AFTER_SECONDS: seconds(1).describe('Silence after which a trace that looks complete is emitted'),
  INCOMPLETE_AFTER_SECONDS: seconds(10).describe('Silence after which any other trace is emitted'),
  AT_LATEST_AFTER_SECONDS: seconds(60).describe('Time after which every trace is emitted'),
  MERGEABLE_FOR_SECONDS: seconds(30).describe('How long after an emission late spans are still merged'),
  WATERMARK_LAG_SECONDS: seconds(10).describe('How much later than their event time spans are expected to arrive'),
  MAX_FUTURE_SECONDS: seconds(10).describe('Event times later than record time by more are replaced by it'),
  MAX_PAST_SECONDS: seconds(120).describe('Event times earlier than record time by more are replaced by it'),
  REMEMBER_SECONDS: seconds(600).describe('How long a trace that can no longer be merged is remembered'),
  MAX_REMEMBERED_TRACES: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'Traces remembered of all partitions, each of which has an equal part: as many as a sixteenth of the memory limit has room for',
    ),
  MAX_SPANS_PER_TRACE: count(10_000).describe('Spans of a trace; what comes later is left out and the trace flagged'),
  MAX_OPEN_SPANS: count(100_000).describe('Spans in open traces of a partition; the oldest trace gives way'),
  MAX_OPEN_BYTES: z.coerce
    .number()
    .int()
    .min(1024 * 1024)
    .optional()
    .describe(
      'Bytes of open traces of all partitions, each of which has an equal part: an eighth of the memory limit. Beyond it the oldest gives way',
    ),
  MAX_RECALLED_BYTES: z.coerce
    .number()
    .int()
    .min(1024 * 1024)
    .optional()
    .describe(
      'Bytes to recall, after a start, what was put out before it, so that nothing is put out in another form: a sixteenth of the memory limit',
    ),
  MAX_MESSAGE_BYTES: count(512 * 1024).describe('Size from which a message is ended'),
  MAX_RECORD_BYTES: count(4 * 1024 * 1024).describe(
    'Size of a batch that the topic allows (max.message.bytes); a trace that needs more loses texts',
  ),
  MAX_TRACE_BYTES: count(4 * 1024 * 1024).describe('Texts of one trace; later spans go without attributes and events'),
  MAX_ATTRIBUTES: count(128, maxListed - 1).describe('Attributes of a span'),
  MAX_VALUE_BYTES: count(4096).describe('Bytes of one attribute value'),
  MAX_EVENTS: count(64, maxListed - 1).describe('Events of a span, and links of a span'),
  MAX_EVENT_BYTES: count(32 * 1024).describe('Bytes of the events of a span as JSON, and of its links'),
  MAX_OPERATIONS_PER_SERVICE: count(200).describe('Operations of a service; later ones are called "other"'),
  MAX_SERVICES: count(1000).describe('Services of all tenants; later ones are called "other"'),
  MAX_PEERS: count(2000).describe('Peers of client spans; later ones are called "peer:other"'),
  MAX_RESOURCES: count(10_000).describe('Different resources at a time; later ones go without attributes'),
  MAX_RESOURCE_LENGTH: count(8 * 1024).describe('Characters of the attributes of a resource as JSON'),
});

/** Settings of the worker, from the environment. */
export const preprocessingConfigSchema = settings.superRefine((parsed, context) => {
  const { MAX_RECORD_BYTES, MAX_SPANS_PER_TRACE } = parsed;
  const needed = MAX_SPANS_PER_TRACE * bytesPerSpan + batchOverheadBytes + brokerBytes;
  if (needed <= MAX_RECORD_BYTES) return;
  const message = `${MAX_RECORD_BYTES} bytes have no room for a trace of ${MAX_SPANS_PER_TRACE} spans (MAX_SPANS_PER_TRACE), which needs ${needed} even without texts`;
  context.addIssue({ code: 'custom', path: ['MAX_RECORD_BYTES'], message });
});

export interface PreprocessingConfig {
  readonly timings: AssemblyTimings;
  /** Bytes, and traces that are remembered, are those of all partitions. */
  readonly assembly: AssemblyLimits;
  /** Of all partitions, for what was put out before a restart. */
  readonly maxRecalledBytes: number;
  readonly spans: SpanLimits;
  readonly resources: ResourceLimits;
  /** Sizes of a message: from which it is ended, and that it never exceeds; bytes. */
  readonly maxMessageBytes: number;
  readonly maxRecordBytes: number;
  readonly maxTraceBytes: number;
  readonly maxOperationsPerService: number;
  readonly maxPeers: number;
}

/** @throws {z.ZodError} naming each variable that cannot be read */
export function preprocessingConfig(env: Readonly<Record<string, string | undefined>>): PreprocessingConfig {
  const parsed = preprocessingConfigSchema.parse(env);
  const ms = (value: number) => Math.round(value * 1000);
  return {
    timings: {
      completeAfterMs: ms(parsed.COMPLETE_AFTER_SECONDS),
      incompleteAfterMs: ms(parsed.INCOMPLETE_AFTER_SECONDS),
      atLatestAfterMs: ms(parsed.AT_LATEST_AFTER_SECONDS),
      mergeableForMs: ms(parsed.MERGEABLE_FOR_SECONDS),
      watermarkLagMs: ms(parsed.WATERMARK_LAG_SECONDS),
      maxFutureMs: ms(parsed.MAX_FUTURE_SECONDS),
      maxPastMs: ms(parsed.MAX_PAST_SECONDS),
      rememberMs: ms(parsed.REMEMBER_SECONDS),
    },
    assembly: {
      maxSpansPerTrace: parsed.MAX_SPANS_PER_TRACE,
      maxOpenSpans: parsed.MAX_OPEN_SPANS,
      maxOpenBytes: parsed.MAX_OPEN_BYTES ?? bufferBytes(1 / 8),
      maxForgotten: parsed.MAX_REMEMBERED_TRACES ?? Math.floor(bufferBytes(1 / 16) / rememberedBytes),
    },
    maxRecalledBytes: parsed.MAX_RECALLED_BYTES ?? bufferBytes(1 / 16),
    spans: {
      maxAttributes: parsed.MAX_ATTRIBUTES,
      maxValueBytes: parsed.MAX_VALUE_BYTES,
      maxEvents: parsed.MAX_EVENTS,
      maxEventBytes: parsed.MAX_EVENT_BYTES,
    },
    resources: {
      maxServices: parsed.MAX_SERVICES,
      maxResources: parsed.MAX_RESOURCES,
      maxResourceLength: parsed.MAX_RESOURCE_LENGTH,
    },
    maxMessageBytes: parsed.MAX_MESSAGE_BYTES,
    maxRecordBytes: parsed.MAX_RECORD_BYTES - brokerBytes,
    maxTraceBytes: parsed.MAX_TRACE_BYTES,
    maxOperationsPerService: parsed.MAX_OPERATIONS_PER_SERVICE,
    maxPeers: parsed.MAX_PEERS,
  };
}
