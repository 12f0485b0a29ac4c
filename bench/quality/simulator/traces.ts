import { arrivals, type Arrival } from './arrivals';
import { Engine } from './engine';
import { Faults } from './faults';
import { baseUs } from './plan';
import { mix } from './random';
import { outcomes, SystemError, type AttributeValue, type SimSpan, type System } from './system';
import { Telemetry, type Resource } from './telemetry';

/** A span as it is recorded. */
export interface TraceSpan extends Resource {
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Missing at the root. */
  readonly parentSpanId?: string;
  readonly name: string;
  /** As OTLP numbers them: 1 INTERNAL, 2 SERVER, 3 CLIENT. */
  readonly kind: number;
  /** Whole microseconds since the epoch. */
  readonly startUs: number;
  readonly endUs: number;
  readonly hasFailed: boolean;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** All recorded spans of a request, by start. */
export interface Trace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  readonly spans: readonly TraceSpan[];
}

/**
 * Traces of a system in which nothing is wrong; `count` requests, less those whose root is lost.
 *
 * @throws {SystemError} when the count is not from 1 to 100,000
 */
export function cleanTraces(system: System, count: number, seed: number): Trace[] {
  if (!Number.isInteger(count) || count < 1 || count > 100_000) {
    throw new SystemError(`traces: ${count} is not a whole number from 1 to 100000`);
  }
  const telemetry = new Telemetry(system, seed);
  const byRequest = new Map<number, TraceSpan[]>();
  const add = (span: SimSpan) => {
    if (telemetry.isLost(span)) return;
    const spans = byRequest.get(span.request);
    if (spans === undefined) byRequest.set(span.request, [recorded(system, telemetry, span)]);
    else spans.push(recorded(system, telemetry, span));
  };
  const engine = new Engine(system, { seed, faults: new Faults([]), sink: { add } });
  engine.run(first(count, arrivals(system, seed, baseUs, Number.POSITIVE_INFINITY)));
  return [...byRequest]
    .filter(([, spans]) => spans.some(({ parentSpanId }) => parentSpanId === undefined))
    .map(([request, spans]) => ({
      traceId: [1, 2, 3]
        .map((word) => mix(mix(seed, word), request % 2 ** 32))
        .concat(Math.floor(request / 2 ** 32) + 1)
        .map(hex)
        .join(''),
      spans: spans.sort((a, b) => a.startUs - b.startUs),
    }));
}

function* first(count: number, from: Iterable<Arrival>): Generator<Arrival> {
  let left = count;
  for (const arrival of from) {
    yield arrival;
    left -= 1;
    if (left === 0) return;
  }
}

function recorded(system: System, telemetry: Telemetry, span: SimSpan): TraceSpan {
  const template = system.templates[span.template];
  const isRoot = span.parentHigh === 0 && span.parentLow === 0;
  return {
    ...telemetry.resource(telemetry.resourceKey(span)),
    spanId: hex(span.idHigh) + hex(span.idLow),
    ...(isRoot ? {} : { parentSpanId: hex(span.parentHigh) + hex(span.parentLow) }),
    name: template?.name ?? '',
    kind: template?.kind ?? 0,
    ...telemetry.times(span),
    hasFailed: span.outcome === outcomes.failed || span.outcome === outcomes.timeout,
    attributes: template?.attributes[span.outcome] ?? {},
  };
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** A trace as one line of OTLP/JSON, an ExportTraceServiceRequest. */
export function toOtlpJson({ traceId, spans }: Trace): string {
  const byPod = new Map<string, TraceSpan[]>();
  for (const span of spans) byPod.set(span.pod, [...(byPod.get(span.pod) ?? []), span]);
  const resourceSpans = [...byPod.values()].flatMap((group) => {
    const [span] = group;
    if (span === undefined) return [];
    const { service, version, pod, node } = span;
    const resource = {
      'service.name': service,
      'service.version': version,
      'k8s.pod.name': pod,
      'k8s.node.name': node,
    };
    return [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ spans: group.map((each) => spanJson(traceId, each)) }],
      },
    ];
  });
  return JSON.stringify({ resourceSpans });
}

function spanJson(traceId: string, span: TraceSpan): object {
  return {
    traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: `${span.startUs}000`,
    endTimeUnixNano: `${span.endUs}000`,
    attributes: keyValues(span.attributes),
    ...(span.hasFailed ? { status: { code: 2 } } : {}),
  };
}

function keyValues(attributes: Readonly<Record<string, AttributeValue>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
}
