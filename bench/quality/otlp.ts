import { otlpDescriptor } from '@plumbline/wire';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import protobuf from 'protobufjs';
import { z } from 'zod';
import { encodeVarint } from '../../apps/standalone/otlp/protobuf-fields';
import { groupBy } from './groups';
import type { Span, Trace } from './spans';

const exportRequest = protobuf.Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');

const kinds = { internal: 1, server: 2, client: 3 };
const failedStatus = 2;
const spansPerRequest = 200;

/** Writes traces as a recording: length-delimited OTLP requests, spans in the order of their ends. Services and pods are resources. */
export function writeRecording(file: string, traces: readonly Trace[]): void {
  const spans = traces.flatMap((trace) => {
    const kindOf = spanKinds(trace);
    return trace.map((span) => ({ span, kind: kindOf.get(span.spanId) ?? kinds.internal }));
  });
  spans.sort((a, b) => a.span.startUs + a.span.durationUs - (b.span.startUs + b.span.durationUs));
  const parts: Uint8Array[] = [];
  for (let from = 0; from < spans.length; from += spansPerRequest) {
    const byResource = groupBy(spans.slice(from, from + spansPerRequest), ({ span }) => `${span.service} ${span.pod}`);
    const resourceSpans = [...byResource.values()].map((group) => ({
      resource: { attributes: attributes(group[0]?.span) },
      scopeSpans: [{ spans: group.map(({ span, kind }) => otlpSpan(span, kind)) }],
    }));
    const bytes = exportRequest.encode(exportRequest.fromObject({ resourceSpans })).finish();
    parts.push(encodeVarint(bytes.length), bytes);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.concat(parts));
}

/** A root or a call from another service is SERVER, the span it was called from CLIENT, any other INTERNAL. */
function spanKinds(trace: Trace): Map<string, number> {
  const service = new Map(trace.map((span) => [span.spanId, span.service]));
  const found = new Map<string, number>();
  for (const { spanId, parentId, service: own } of trace) {
    if (service.get(parentId) === own) continue;
    found.set(spanId, kinds.server);
    if (service.has(parentId) && !found.has(parentId)) found.set(parentId, kinds.client);
  }
  return found;
}

function attributes(span: Span | undefined) {
  const pairs = { 'service.name': span?.service ?? '', 'k8s.pod.name': span?.pod ?? '' };
  return Object.entries(pairs).flatMap(([key, stringValue]) =>
    stringValue === '' ? [] : [{ key, value: { stringValue } }],
  );
}

function otlpSpan(span: Span, kind: number) {
  const id = (hex: string, digits: number) => Buffer.from(hex.padStart(digits, '0'), 'hex');
  return {
    traceId: id(span.traceId, 32),
    spanId: id(span.spanId, 16),
    parentSpanId: span.parentId === '' ? Buffer.alloc(0) : id(span.parentId, 16),
    name: span.operation,
    kind,
    startTimeUnixNano: `${Math.round(span.startUs)}000`,
    endTimeUnixNano: `${Math.round(span.startUs + span.durationUs)}000`,
    ...(span.failed ? { status: { code: failedStatus } } : {}),
  };
}

const textAttribute = z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }).optional() });
const requestSchema = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes: z.array(textAttribute).default([]) }).default({ attributes: [] }),
        scopeSpans: z
          .array(
            z.object({
              spans: z
                .array(
                  z.object({
                    traceId: z.instanceof(Uint8Array),
                    spanId: z.instanceof(Uint8Array),
                    parentSpanId: z.instanceof(Uint8Array).optional(),
                    name: z.string().default(''),
                    startTimeUnixNano: z.string(),
                    endTimeUnixNano: z.string(),
                    status: z.object({ code: z.union([z.number(), z.string()]).optional() }).optional(),
                  }),
                )
                .default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** Spans of one export request in protobuf form. */
export function spansOfRequest(bytes: Uint8Array): Span[] {
  const request = requestSchema.parse(exportRequest.toObject(exportRequest.decode(bytes), { longs: String }));
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const text = (key: string) => resource.attributes.find((each) => each.key === key)?.value?.stringValue ?? '';
    const service = text('service.name');
    const pod = text('k8s.pod.name');
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => {
        const startUs = microseconds(span.startTimeUnixNano);
        return {
          traceId: hex(span.traceId),
          spanId: hex(span.spanId),
          parentId: span.parentSpanId === undefined ? '' : hex(span.parentSpanId),
          service,
          pod,
          operation: span.name,
          startUs,
          durationUs: Math.max(0, microseconds(span.endTimeUnixNano) - startUs),
          failed: span.status?.code === failedStatus,
        };
      }),
    );
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function microseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1000n);
}
