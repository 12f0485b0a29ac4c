import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { topics, traceHeader } from '@plumbline/contracts';
import { messageOf } from '../log';
import type { Stage, StageOutput } from '../stage';
import type { StagePhase } from '../stage-observer';
import type { RecordBatch } from '../stream';
import type { StageStep, StageTracer } from './stage-tracer';

/** Links of one span, and steps that wait for an output: enough to follow an incident, too few to grow by. */
const maxLinks = 32;

/** Names of the field's own for what the phases do; computing is the step itself. */
const children: Readonly<Partial<Record<StagePhase, { readonly name: string; readonly kind: SpanKind }>>> = {
  effects: { name: 'store', kind: SpanKind.INTERNAL },
  records: { name: 'send', kind: SpanKind.PRODUCER },
  commit: { name: 'commit', kind: SpanKind.CLIENT },
};

/**
 * A trace for each step of a stage: a span of the batch, below it one for each phase that there was. A batch is made of many
 * records and goes into many, so steps are joined by links: to the steps that made its records, and from the step that has an
 * output to those before it that had none.
 */
export class OtelTracer implements StageTracer {
  /** Steps since the last output: what was folded in, and has not come out yet. */
  private folded: SpanContext[] = [];

  constructor(
    private readonly stage: Pick<Stage, 'name' | 'group'>,
    private readonly tracer: Tracer,
  ) {}

  batch(batch: RecordBatch): StageStep {
    const { topic, partition, records } = batch;
    return this.begin(`process ${topic}`, SpanKind.CONSUMER, performance.now(), contextsOf(batch), {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(partition),
      'messaging.consumer.group.name': this.stage.group,
      'messaging.batch.message_count': records.length,
      'messaging.kafka.offset': records[0]?.offset ?? -1,
      ...(topic === topics.incidents.name && incidentsOf(records.map(({ key }) => key && Buffer.from(key).toString()))),
    });
  }

  tick(): StageStep {
    const startedAt = performance.now();
    let step: StageStep | undefined;
    return {
      made: (output) => {
        if (output.records.length + output.effects.length === 0) return undefined;
        step = this.begin(`tick ${this.stage.name}`, SpanKind.INTERNAL, startedAt, [], {});
        return step.made(output);
      },
      timed: (phase, phaseStartedAt) => step?.timed(phase, phaseStartedAt),
      end: (error) => step?.end(error),
    };
  }

  private begin(
    name: string,
    kind: SpanKind,
    startedAt: number,
    causes: readonly SpanContext[],
    attributes: Attributes,
  ): StageStep {
    const links = causes.map((context): Link => ({ context }));
    const span = this.tracer.startSpan(name, { kind, startTime: epochMs(startedAt), links, attributes }, ROOT_CONTEXT);
    const inSpan = trace.setSpan(ROOT_CONTEXT, span);
    return {
      made: (output) => this.made(span, output),
      timed: (phase, phaseStartedAt) => {
        const child = children[phase];
        if (child === undefined) return;
        const options = { kind: child.kind, startTime: epochMs(phaseStartedAt) };
        this.tracer.startSpan(child.name, options, inSpan).end();
      },
      end: (error) => {
        if (error !== undefined) {
          span.recordException(error instanceof Error ? error : messageOf(error));
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
      },
    };
  }

  private made(span: Span, { effects, records }: StageOutput): string | undefined {
    const context = span.spanContext();
    if (effects.length + records.length === 0) {
      if (isSampled(context)) this.folded.push(context);
      if (this.folded.length > maxLinks) this.folded.shift();
      return undefined;
    }
    span.addLinks(this.folded.map((each) => ({ context: each })));
    this.folded = [];
    span.setAttributes(
      incidentsOf(records.flatMap(({ topic, key }) => (topic === topics.incidents.name ? [key] : []))),
    );
    return `00-${context.traceId}-${context.spanId}-${isSampled(context) ? '01' : '00'}`;
  }
}

/** Of the steps that made the records of a batch, each once; the newest, if there are many. */
function contextsOf({ records }: RecordBatch): SpanContext[] {
  const headers = new Set<string>();
  for (let index = records.length - 1; index >= 0 && headers.size < maxLinks; index -= 1) {
    const header = records[index]?.headers[traceHeader];
    if (header !== undefined) headers.add(header);
  }
  return Array.from(headers, parse).filter((context) => context !== undefined);
}

/** A W3C `traceparent`; `undefined` for what is none, or of a step that was not sampled. */
function parse(header: string): SpanContext | undefined {
  const [, traceId, spanId, flags] =
    /^00-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})$/.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16), isRemote: true };
  return isSampled(context) ? context : undefined;
}

function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

function incidentsOf(keys: readonly (string | null)[]): Attributes {
  const ids = [...new Set(keys.filter((key) => key !== null))].slice(0, maxLinks);
  return ids.length === 0 ? {} : { 'plumbline.incident.ids': ids };
}

function epochMs(monotonicMs: number): number {
  return performance.timeOrigin + monotonicMs;
}
