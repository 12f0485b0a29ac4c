import { randomBytes } from 'node:crypto';

/** Service that sends the trace; namespaced, so that it is not taken for one of yours. */
export const sampleService = 'plumbline-verify';

/** A trace as OTLP/JSON. */
export interface OtlpTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  readonly spans: number;
  readonly request: object;
}

/** A request of 12 ms that ended now: a server, its own work, a call. */
export function sampleTrace(nowMs: number): OtlpTrace {
  const traceId = randomBytes(16).toString('hex');
  const [root, work, call] = [spanId(), spanId(), spanId()];
  const span = (id: string, parentSpanId: string, name: string, kind: number, fromMs: number, toMs: number) => ({
    traceId,
    spanId: id,
    parentSpanId,
    name,
    kind,
    startTimeUnixNano: nanos(nowMs - fromMs),
    endTimeUnixNano: nanos(nowMs - toMs),
  });
  const spans = [
    span(root, '', 'GET /verify', 2, 12, 0),
    span(work, root, 'look', 1, 11, 6),
    span(call, root, 'GET', 3, 5, 1),
  ];
  const attributes = [{ key: 'service.name', value: { stringValue: sampleService } }];
  const request = {
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: 'plumbline' }, spans }] }],
  };
  return { traceId, spans: spans.length, request };
}

function spanId(): string {
  return randomBytes(8).toString('hex');
}

function nanos(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n);
}
