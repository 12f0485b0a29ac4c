import { traceObjectKey } from '@plumbline/contracts';
import { otlpRequest } from '@plumbline/preprocessing/testing';
import { assembleTraces, gatherTraces } from '@plumbline/standalone';
import { shopTrace, type ShopTrace } from '@plumbline/standalone/told/testing';
import { writeTraceParquet } from '@plumbline/wire';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { MemoryObjectStore, silentLog } from '@plumbline/worker';
import { RunFolder } from './dataset/run-folder';
import { readParts, type NamedRequest, type TraceLabel } from './dataset/span-parts';
import { extract, type ExtractOptions } from './extract';
import { datasets } from './selection/select';

const epochMs = 1_780_000_000_000;

function requests(from: number, to: number): NamedRequest[] {
  return Array.from({ length: to - from }, (_, i) => ({
    bytes: otlpRequest(shopTrace(from + i, 1)),
    path: `trace ${from + i}`,
  }));
}

/** A bucket with some anomalous traces in it. */
async function anomalies(indices: readonly number[], unusual: ShopTrace): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore('anomaly-data');
  for (const index of indices) {
    const request = { bytes: otlpRequest(shopTrace(index, 1, unusual)), path: '' };
    const [assembled] = await assembleTraces(await gatherTraces([request]));
    if (assembled === undefined) throw new Error('nothing was assembled');
    const traceId = Buffer.from(assembled.batch.traces.traceId.subarray(0, 16)).toString('hex');
    const key = traceObjectKey({ date: '2026-05-28', service: 'web', traceId });
    await store.put(key, writeTraceParquet(assembled.batch, [0]));
  }
  return store;
}

async function tracesOf(run: RunFolder, label: TraceLabel): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const traces of readParts(run, datasets.selected, label, 'extract')) {
    for (const id of traces.keys()) ids.add(id);
  }
  return ids;
}

function options(run: RunFolder, changes: Partial<ExtractOptions> = {}): ExtractOptions {
  return {
    run,
    normal: async function* () {
      yield* await Promise.resolve(requests(0, 40));
    },
    incidents: [],
    answers: { confirmed: new Set(), refuted: new Set() },
    fromMs: epochMs - 3_600_000,
    throughMs: epochMs + 3_600_000,
    budgets: { normal: 1000, anomalous: 1000 },
    seed: 'a',
    log: silentLog,
    ...changes,
  };
}

describe('The extract of a training', () => {
  it('brings normal and anomalous traces together, whole', async () => {
    const run = new RunFolder(new MemoryObjectStore('ml-models'), 'one');
    const report = await extract(options(run, { anomalies: await anomalies([100, 101], { payment: 20 }) }));
    expect(report.collected).toEqual({ normal: 40, anomalous: 2 });
    expect(report.selected.normal).toEqual({ traces: 40, spans: 40 * 7, excluded: 0 });
    expect((await tracesOf(run, 'normal')).size).toBe(40);
    expect((await tracesOf(run, 'anomalous')).size).toBe(2);
  });

  it('takes nothing normal from the time of an incident, unless people said that it was none', async () => {
    const incident = exampleIncident({
      startedAtMs: epochMs + 70_000,
      resolvedAtMs: epochMs + 600_000,
      causes: [],
      affected: ['default///checkout'],
      path: [],
    });
    // From 10 s on, a trace each quarter of a second: the last minute before the incident counts as its own.
    const during = requests(0, 60);
    const normal = async function* () {
      yield* await Promise.resolve(during);
    };
    const run = (name: string) => new RunFolder(new MemoryObjectStore('ml-models'), name);
    const left = await extract(options(run('left'), { normal, incidents: [incident] }));
    expect(left.selected.normal.excluded).toBe(20);
    const answers = { confirmed: new Set<string>(), refuted: new Set([incident.id]) };
    const taken = await extract(options(run('taken'), { normal, incidents: [incident], answers }));
    expect(taken.selected.normal.excluded).toBe(0);
  });

  it('takes what was called anomalous as normal where people said that there was no incident', async () => {
    const incident = exampleIncident({ startedAtMs: epochMs, causes: [], affected: ['default///payment'], path: [] });
    const bucket = await anomalies([100, 101, 102], { payment: 20 });
    const run = new RunFolder(new MemoryObjectStore('ml-models'), 'refuted');
    const answers = { confirmed: new Set<string>(), refuted: new Set([incident.id]) };
    const report = await extract(options(run, { anomalies: bucket, incidents: [incident], answers }));
    expect(report.feedback).toEqual({ confirmed: 0, refuted: 3 });
    expect(report.selected.normal.traces).toBe(43);
    expect(report.selected.anomalous.traces).toBe(0);
  });

  it('does not take a trace as normal that was called anomalous', async () => {
    const bucket = await anomalies([5], {});
    const run = new RunFolder(new MemoryObjectStore('ml-models'), 'known');
    const asked: boolean[] = [];
    const report = await extract(
      options(run, {
        anomalies: bucket,
        normal: async function* (isKnown) {
          for (const request of await Promise.resolve(requests(0, 10))) {
            const [trace] = await gatherTraces([request]);
            asked.push(isKnown(Buffer.from(trace?.id ?? []).toString('hex')));
            if (asked.at(-1) === false) yield request;
          }
        },
      }),
    );
    expect(asked.filter(Boolean)).toHaveLength(1);
    expect(report.collected).toEqual({ normal: 9, anomalous: 1 });
  });

  it('passes over an object that is no trace', async () => {
    const bucket = await anomalies([100], { payment: 20 });
    await bucket.put(`date=2026-05-28/service=web/trace_${'0'.repeat(32)}.parquet`, Buffer.from('no parquet'));
    const run = new RunFolder(new MemoryObjectStore('ml-models'), 'broken');
    const told: unknown[] = [];
    const log = { ...silentLog, warn: (about: unknown) => void told.push(about) };
    const report = await extract(options(run, { anomalies: bucket, log }));
    expect(report.collected.anomalous).toBe(1);
    expect(told).toHaveLength(1);
  });

  it('says which step is missing', async () => {
    const run = new RunFolder(new MemoryObjectStore('ml-models'), 'empty');
    await expect(run.get('extract.json', 'extract')).rejects.toThrow(
      'run empty has no extract.json in bucket ml-models: do step "extract" first',
    );
    expect(new RunFolder(new MemoryObjectStore('ml-models'), '../a:b+c').prefix).toBe(
      'training-runs/%2E.%2Fa%3Ab%2Bc/',
    );
    expect(() => new RunFolder(new MemoryObjectStore('ml-models'), '')).toThrow('1 to 128 characters');
  });
});
