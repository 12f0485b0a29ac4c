import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { topics } from '@plumbline/contracts';
import { EmbeddedLog } from '../embedded-log/embedded-log';
import { runToIdle, stepStage } from '../run-stage';
import type { StageOutput } from '../stage';
import type { StreamRecord } from '../stream';
import { CopyStage } from '../testing';
import { OtelTracer } from './otel-tracer';

const openLog = () =>
  EmbeddedLog.open({
    topics: ['input', 'output', topics.incidents.name, topics.tracesDeadLetter.name].map((name) => ({
      name,
      partitions: 1,
    })),
  });

function recorded(sampled = true) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(!sampled && { sampler: new TraceIdRatioBasedSampler(0) }),
  });
  const tracer = new OtelTracer({ name: 'copy', group: 'copy-group' }, provider.getTracer('test'));
  const steps = (): ReadableSpan[] => exporter.getFinishedSpans().filter(({ parentSpanContext }) => !parentSpanContext);
  return { tracer, exporter, steps };
}

async function copied(log: EmbeddedLog): Promise<StreamRecord[]> {
  const records: StreamRecord[] = [];
  await log.readAll('output', (record) => records.push(record));
  return records;
}

const input = (headers: Readonly<Record<string, string>> = {}) => ({
  topic: 'input',
  key: null,
  value: Buffer.from('a'),
  headers,
});
const contextOf = (span: ReadableSpan) => {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
};
const linked = ({ links }: ReadableSpan) => links.map(({ context }) => context.spanId);

describe('A stage that is traced', () => {
  it('makes one span a batch and one a phase, however many records there are', async () => {
    const log = await openLog();
    const { tracer, exporter, steps } = recorded();
    await log.produce(Array.from({ length: 500 }, () => input()));
    await runToIdle([stepStage(new CopyStage(), log, { tracer })]);
    const batches = steps().length;
    expect(batches).toBeLessThan(10);
    expect(exporter.getFinishedSpans().length).toBeLessThanOrEqual(3 * batches);
    expect(steps()[0]).toMatchObject({
      name: 'process input',
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.destination.name': 'input',
        'messaging.consumer.group.name': 'copy-group',
      },
    });
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toContain('send');
  });

  it('leaves its context in what it writes, and links to who wrote what it read', async () => {
    const log = await openLog();
    const { tracer, steps } = recorded();
    const from = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    const others = [
      '',
      'nonsense',
      `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
      `00-${'c'.repeat(32)}-${'d'.repeat(16)}-00`,
    ];
    await log.produce([input(from), input(from), input(), ...others.map((traceparent) => input({ traceparent }))]);
    await runToIdle([stepStage(new CopyStage(), log, { tracer })]);
    const [step] = steps();
    if (step === undefined) throw new Error('there is no step');
    expect(linked(step)).toEqual(['b'.repeat(16)]);
    expect(new Set((await copied(log)).map(({ headers }) => headers.traceparent))).toEqual(new Set([contextOf(step)]));
  });

  it('has at most 32 links, to the newest', async () => {
    const log = await openLog();
    const { tracer, steps } = recorded();
    const id = (index: number) => (index + 1).toString(16).padStart(16, '0');
    await log.produce(
      Array.from({ length: 40 }, (_each, index) => input({ traceparent: `00-${'a'.repeat(32)}-${id(index)}-01` })),
    );
    await runToIdle([stepStage(new CopyStage(), log, { tracer })]);
    const links = steps().flatMap(linked);
    expect(links).toContain(id(39));
    for (const step of steps()) expect(step.links.length).toBeLessThanOrEqual(32);
  });

  it('links a step that has an output to those whose input comes out in it', async () => {
    const log = await openLog();
    const { tracer, steps } = recorded();
    let batch = 0;
    const stage = new CopyStage(async () => ((batch += 1) < 3 ? { records: [] } : {}));
    const stepped = stepStage(stage, log, { tracer });
    for (let index = 0; index < 4; index += 1) {
      await log.produce([input()]);
      await runToIdle([stepped]);
    }
    const [first, second, third, fourth] = steps();
    if (third === undefined || fourth === undefined) throw new Error('there are too few steps');
    expect(linked(third)).toEqual([first, second].map((each) => each?.spanContext().spanId));
    expect(linked(fourth)).toEqual([]);
  });

  it('keeps nothing of a tick without output, and of another what it published', async () => {
    const log = await openLog();
    const { tracer, steps } = recorded();
    const stage = new CopyStage();
    const stepped = stepStage(stage, log, { tracer });
    await runToIdle([stepped]);
    await stepped.tick();
    expect(steps()).toEqual([]);
    const incident = { topic: topics.incidents.name, key: 'i-1', value: Buffer.from('{}') };
    jest.spyOn(stage, 'tick').mockResolvedValue({ effects: [], records: [incident] } satisfies StageOutput);
    await stepped.tick();
    expect(steps()).toMatchObject([{ name: 'tick copy', attributes: { 'plumbline.incident.ids': ['i-1'] } }]);
  });

  it('says of a step that failed that it did', async () => {
    const log = await openLog();
    const { tracer, steps } = recorded();
    await log.produce([input()]);
    const stepped = stepStage(new CopyStage(() => Promise.reject(new Error('broken'))), log, { tracer });
    await expect(runToIdle([stepped])).rejects.toThrow('broken');
    expect(steps()).toMatchObject([{ status: { code: SpanStatusCode.ERROR }, events: [{ name: 'exception' }] }]);
  });

  it('writes a context that is not sampled as such, to which nobody links', async () => {
    const log = await openLog();
    await log.produce([input()]);
    await runToIdle([stepStage(new CopyStage(), log, { tracer: recorded(false).tracer })]);
    expect((await copied(log))[0]?.headers.traceparent).toMatch(/-00$/);
  });
});

describe('A stage that nobody traces', () => {
  it('writes its records as they are', async () => {
    const log = await openLog();
    await log.produce([input()]);
    await runToIdle([stepStage(new CopyStage(), log)]);
    expect((await copied(log))[0]?.headers).toEqual({});
  });
});
