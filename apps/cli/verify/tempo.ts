import { z } from 'zod';
import { VerifyError } from './check';
import { ask, excerpt } from './http';

const searchSchema = z.object({
  traces: z
    .array(
      z.object({
        traceID: z.string(),
        rootServiceName: z.string().optional(),
        rootTraceName: z.string().optional(),
        durationMs: z.number().optional(),
      }),
    )
    .default([]),
});

const keyValue = z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) });
const spanSchema = z.object({
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.coerce.string(),
  endTimeUnixNano: z.coerce.string(),
  status: z.object({ code: z.union([z.string(), z.number()]).optional() }).optional(),
});
const traceSchema = z.object({
  batches: z.array(
    z.object({
      resource: z.object({ attributes: z.array(keyValue).default([]) }).prefault({}),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

/** A trace that a search found. */
export interface FoundTrace {
  readonly traceId: string;
  readonly rootService: string;
  readonly rootName: string;
  readonly durationMs: number;
}

/** A span as Tempo gives it back. */
export interface StoredSpan {
  readonly service: string;
  readonly name: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  /** Nanoseconds since the epoch. */
  readonly start: bigint;
  readonly durationMs: number;
  readonly failed: boolean;
}

/**
 * Spans of a trace in what Tempo answers to `/api/traces/<id>`, straight or through Grafana.
 *
 * @returns none for an answer of another form
 */
export function spansOf(answer: unknown): readonly StoredSpan[] {
  const { success, data } = traceSchema.safeParse(answer);
  if (!success) return [];
  return data.batches.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => toStored(service, span)));
  });
}

function toStored(service: string, span: z.infer<typeof spanSchema>): StoredSpan {
  const start = BigInt(span.startTimeUnixNano);
  return {
    service,
    name: span.name,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    start,
    durationMs: Number(BigInt(span.endTimeUnixNano) - start) / 1e6,
    failed: span.status?.code === 'STATUS_CODE_ERROR' || span.status?.code === 2,
  };
}

/**
 * The spans of a trace in Tempo; none as long as it has not got it.
 *
 * @throws {VerifyError} for an answer that is neither
 */
export async function storedTrace(url: string, traceId: string): Promise<readonly StoredSpan[]> {
  const { status, json, text } = await ask('Tempo', `${url}/api/traces/${traceId}`);
  if (status === 404) return [];
  if (status === 200) return spansOf(json);
  throw refused(status, text);
}

/**
 * Traces of a time that a TraceQL query finds, at most 20.
 *
 * @param seconds back from now
 * @throws {VerifyError} for an answer that is none
 */
export async function searchTraces(url: string, traceQl: string, seconds: number): Promise<readonly FoundTrace[]> {
  const end = Math.ceil(Date.now() / 1000) + 60;
  const query = new URLSearchParams({ q: traceQl, limit: '20', start: String(end - 60 - seconds), end: String(end) });
  const { status, json, text } = await ask('Tempo', `${url}/api/search?${query.toString()}`);
  const { success, data } = searchSchema.safeParse(json);
  if (status !== 200 || !success) throw refused(status, text);
  return data.traces.map(({ traceID, rootServiceName = '', rootTraceName = '', durationMs = 0 }) => ({
    // Tempo leaves out leading zeros.
    traceId: traceID.padStart(32, '0'),
    rootService: rootServiceName,
    rootName: rootTraceName,
    durationMs,
  }));
}

function refused(status: number, text: string): VerifyError {
  return new VerifyError(`Tempo answers ${status}: ${excerpt(text)}`, 'look at the log of Tempo');
}
