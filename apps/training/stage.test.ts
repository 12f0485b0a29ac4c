import { currentProfileKey, topics } from '@plumbline/contracts';
import { bundlePointerSchema, decodeBundle, encodeDriftEvent, encodeIncident, type Bundle } from '@plumbline/wire';
import { MemoryObjectStore, type RecordBatch, type StreamRecord } from '@plumbline/worker';
import { Registry } from 'prom-client';
import type { TrainingTrigger } from './drift';
import { exampleDrift } from './drift/testing';
import { BundleRegistry } from './registry';
import { Training } from './stage';
import { incident, laptop, looked, progressRecord, recordsOf, shopMessages, start, windowMs } from './testing';

/** A learner's stage with its store and topics, run by hand. */
class Bench {
  readonly published: Bundle[] = [];
  readonly registry = new Registry();
  readonly stage: Training;

  constructor(
    readonly models = new MemoryObjectStore('ml-models'),
    readonly incidents: readonly StreamRecord[] = [],
    /** What root cause told before the stage started; it has looked at everything unless a test says otherwise. */
    readonly progress: readonly StreamRecord[] = [progressRecord(looked(start + 1e9))],
    readonly modelEvents: readonly StreamRecord[] = [],
    trigger?: TrainingTrigger,
  ) {
    this.stage = new Training({
      config: laptop,
      models,
      stream: {
        partitions: async () => 1,
        readAll: async (topic, onRecord) => {
          const kept: Readonly<Record<string, readonly StreamRecord[]>> = {
            [topics.incidents.name]: this.incidents,
            [topics.analysisProgress.name]: this.progress,
            [topics.modelEvents.name]: this.modelEvents,
          };
          for (const record of kept[topic] ?? []) onRecord(record, 0);
        },
      },
      onPublished: (_entry, bundle) => this.published.push(bundle),
      registry: this.registry,
      ...(trigger && { trigger }),
    });
  }

  async run(records: readonly StreamRecord[], topic: string = topics.windowStats.name): Promise<string[]> {
    const batch: RecordBatch = { topic, partition: 0, records, highWatermark: 0 };
    const { effects, records: output } = await this.stage.process(batch);
    for (const effect of effects) await effect.run();
    return output.map(({ value }) => Buffer.from(value ?? []).toString());
  }

  async measured(name: string): Promise<number | undefined> {
    await this.stage.tick(0);
    return (await this.registry.getSingleMetric(name)?.get())?.values[0]?.value;
  }

  get committable(): number | undefined {
    return this.stage.committable({ topic: topics.windowStats.name, partition: 0 });
  }

  async pointer(): Promise<readonly { version: string; key: string; effectiveFromMs: number }[]> {
    const bytes = (await this.models.get(currentProfileKey)) ?? new Uint8Array();
    return bundlePointerSchema.parse(JSON.parse(Buffer.from(bytes).toString())).bundles;
  }
}

const records = recordsOf(shopMessages(60));

describe('a new bundle', () => {
  test('is an immutable object, then named by the pointer, then told of', async () => {
    const bench = new Bench();
    await bench.stage.reset();
    const [event = '{}', ...others] = await bench.run(records.slice(0, 4));
    const [entry] = await bench.pointer();
    expect(entry?.key).toMatch(/^profile\/version_000001-[0-9a-f]{12}\/bundle\.json\.gz$/);
    const bundle = decodeBundle((await bench.models.get(entry?.key ?? '')) ?? new Uint8Array());
    expect(bundle).toEqual(bench.published[0]);
    expect(bundle).toMatchObject({ version: entry?.version, effectiveFromMs: entry?.effectiveFromMs });
    expect(JSON.parse(event)).toMatchObject({ event: 'learnt', model: 'profile', version: entry?.version });
    expect(others).toEqual([]);
  });

  test('stands beside the ones before it, newest last, sixteen at most', async () => {
    const registry = new BundleRegistry(new MemoryObjectStore('ml-models'));
    const bench = new Bench();
    await bench.stage.reset();
    await bench.run(records);
    expect((await bench.pointer()).map(({ version }) => version.slice(0, 6))).toEqual([
      '000001',
      '000002',
      '000003',
      '000004',
      '000005',
    ]);
    const [bundle] = bench.published;
    if (bundle === undefined) throw new RangeError('no bundle');
    for (let i = 1; i <= 20; i += 1) await registry.publish({ ...bundle, version: `${String(i).padStart(6, '0')}-x` });
    expect((await registry.newest()).sequence).toBe(20);
  });

  test('is written once, however often its effect is repeated', async () => {
    const bench = new Bench();
    await bench.stage.reset();
    await bench.run(records.slice(0, 4));
    const [bundle] = bench.published;
    if (bundle === undefined) throw new RangeError('no bundle');
    const before = await bench.models.head(currentProfileKey);
    await new BundleRegistry(bench.models).publish(bundle);
    expect(await bench.models.head(currentProfileKey)).toEqual(before);
  });
});

describe('a restart', () => {
  test('goes on from the newest bundle and the committed position as if there had been none', async () => {
    const whole = new Bench();
    await whole.stage.reset();
    await whole.run(records);

    const bench = new Bench();
    await bench.stage.reset();
    await bench.run(records.slice(0, 17));
    const from = bench.committable ?? -1;
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThan(17);
    const restarted = new Bench(bench.models);
    await restarted.stage.reset();
    expect(restarted.committable).toBeUndefined();
    await restarted.run(records.slice(from));
    expect(await restarted.pointer()).toEqual(await whole.pointer());
  });

  test('reads the incidents again that it knew', async () => {
    const known = { offset: 0, timestampMs: 0, key: null, headers: {} };
    const value = encodeIncident(incident(start + 6 * windowMs));
    const live = new Bench();
    await live.stage.reset();
    await live.run(records.slice(0, 8));
    await live.run([{ ...known, value }], topics.incidents.name);
    await live.run(records.slice(8));
    const restarted = new Bench(undefined, [{ ...known, value }]);
    await restarted.stage.reset();
    await restarted.run(records);
    expect(restarted.published.map(({ version }) => version)).toEqual(live.published.map(({ version }) => version));
    expect(live.stage.committable({ topic: topics.incidents.name, partition: 0 })).toBe(1);
  });

  test('is not needed for a roll-back: a running learner goes on from the bundle that is named, and tells of no other', async () => {
    const bench = new Bench();
    await bench.stage.reset();
    await bench.run(records.slice(0, 17));
    const [first, second, third, ...more] = await bench.pointer();
    expect(more).toEqual([]);
    await new BundleRegistry(bench.models).rollBack(first?.version ?? '', (third?.effectiveFromMs ?? 0) + 1);
    const published = bench.published.length;
    const events = await bench.run(records.slice(17));
    const pointer = await bench.pointer();
    expect(pointer.slice(0, 4).map(({ version }) => version)).toEqual([
      first?.version,
      second?.version,
      third?.version,
      first?.version,
    ]);
    // What was learnt beyond the bundles that were taken back is not named, and nobody is told of it.
    expect(bench.published.length - published).toBe(pointer.length - 4);
    expect(events).toHaveLength(pointer.length - 4);
    expect(bench.stage.model()).toMatchObject({ version: pointer.at(-1)?.version });
  });

  test('after a roll-back goes on from the bundle that was named, and uses no number twice', async () => {
    const bench = new Bench();
    await bench.stage.reset();
    await bench.run(records.slice(0, 17));
    const [first, second] = await bench.pointer();
    await new BundleRegistry(bench.models).rollBack(first?.version ?? '', (second?.effectiveFromMs ?? 0) + 1);
    const registered = await new BundleRegistry(bench.models).newest();
    expect(registered.bundle?.version).toBe(first?.version);
    expect(registered.sequence).toBe(3);
    await expect(new BundleRegistry(bench.models).rollBack('000009-none', 0)).rejects.toThrow(
      /no bundle "000009-none"/,
    );
  });

  test('with a bundle that cannot be read learns anew instead of failing', async () => {
    const bench = new Bench();
    await bench.stage.reset();
    await bench.run(records.slice(0, 4));
    const [entry] = await bench.pointer();
    await bench.models.put(entry?.key ?? '', Buffer.from('garbage'));
    const restarted = new Bench(bench.models);
    await restarted.stage.reset();
    await restarted.run(records.slice(0, 4));
    expect((await restarted.pointer()).map(({ version }) => version.slice(0, 6))).toEqual(['000001', '000002']);
  });
});

describe('root cause', () => {
  test('that has told of no progress, as one of an earlier version, is waited for', async () => {
    const bench = new Bench(undefined, [], []);
    await bench.stage.reset();
    await bench.run(records);
    expect(bench.published).toHaveLength(1);
    expect(await bench.measured('plumbline_learner_waiting_seconds')).toBe(255);
    await bench.run([progressRecord(looked(start + 60 * windowMs), 7)], topics.analysisProgress.name);
    expect(bench.published.map(({ learnt }) => learnt.windows)).toEqual([3, 6, 12, 24, 48]);
    expect(await bench.measured('plumbline_learner_waiting_seconds')).toBe(0);
    expect(bench.stage.committable({ topic: topics.analysisProgress.name, partition: 0 })).toBe(8);
  });

  test('is read back where it was after a restart', async () => {
    const told = [progressRecord(looked(start + 20 * windowMs))];
    const bench = new Bench(undefined, [], told);
    await bench.stage.reset();
    await bench.run(records);
    const live = new Bench(undefined, [], []);
    await live.stage.reset();
    await live.run(records.slice(0, 20));
    await live.run(told, topics.analysisProgress.name);
    await live.run(records.slice(20));
    expect(bench.published.map(({ learnt }) => learnt)).toEqual(live.published.map(({ learnt }) => learnt));
    expect(bench.published.map(({ learnt }) => learnt.windows)).toEqual([3, 6, 12]);
  });

  test('whose progress cannot be read is none', async () => {
    const broken = { ...progressRecord(looked(start)), value: Buffer.from('{"throughMs":"later"}') };
    const bench = new Bench(undefined, [], [broken]);
    await bench.stage.reset();
    await bench.run(records);
    expect(bench.published).toHaveLength(1);
    expect(await bench.measured('plumbline_learner_malformed_total')).toBe(1);
  });
});

describe('the position', () => {
  test('stays where the records begin that no bundle has', async () => {
    const bench = new Bench();
    await bench.stage.reset();
    await bench.run(records.slice(0, 3));
    expect(bench.committable).toBe(0);
    await bench.run(records.slice(3, 4));
    expect(bench.committable).toBe(3);
  });

  test('passes what cannot be read', async () => {
    const bench = new Bench();
    await bench.stage.reset();
    const broken = { offset: 0, timestampMs: 0, key: null, value: Buffer.from('{'), headers: {} };
    expect(await bench.run([broken, { ...broken, offset: 1, value: null }])).toEqual([]);
    expect(bench.committable).toBe(2);
  });
});

describe('drift of the learned models', () => {
  const record = (offset: number, value: Uint8Array): StreamRecord => ({
    offset,
    timestampMs: 0,
    key: Buffer.from('trace-anomaly/drift'),
    value,
    headers: {},
  });
  const drift = record(7, encodeDriftEvent(exampleDrift()));
  function asked(modelEvents: readonly StreamRecord[] = []) {
    const runs: string[] = [];
    const trigger: TrainingTrigger = {
      ask: ({ runId }) => Promise.resolve(runs.push(runId)).then(() => 'asked' as const),
    };
    return { runs, bench: new Bench(undefined, undefined, undefined, modelEvents, trigger) };
  }

  test('asks for a training, and is committed: what was told is read back', async () => {
    const { bench, runs } = asked();
    await bench.stage.reset();
    await bench.run([drift], topics.modelEvents.name);
    expect(runs).toEqual([]);
    await bench.stage.tick(exampleDrift().throughMs);
    expect(runs).toEqual([exampleDrift().id]);
    expect(bench.stage.committable({ topic: topics.modelEvents.name, partition: 0 })).toBe(8);
  });

  test('is read back after a restart', async () => {
    const { bench, runs } = asked([drift]);
    await bench.stage.reset();
    await bench.stage.tick(exampleDrift().throughMs);
    expect(runs).toEqual([exampleDrift().id]);
  });

  test('is told apart from what the learner itself tells, and what cannot be read is counted', async () => {
    const { bench, runs } = asked();
    await bench.stage.reset();
    const others = ['{"event":"learnt"}', '{"event":"drift"}', '{'].map((text, i) => record(i, Buffer.from(text)));
    await bench.run(others, topics.modelEvents.name);
    await bench.stage.tick(0);
    expect(runs).toEqual([]);
    expect(await bench.measured('plumbline_learner_malformed_total')).toBe(2);
  });
});
