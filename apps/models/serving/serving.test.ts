import { decodeStoredFeatures, readTraceParquet, type Verdict } from '@plumbline/wire';
import type { PlainTrace } from '@plumbline/wire/testing';
import { ObjectStoreError } from '@plumbline/worker';
import { shopTraces } from '../../anomaly-detection/testing';
import { Bench, record, slow, start } from '../../anomaly-detection/testing-stage';
import { readVersion } from '../bundle';
import { LearnedScorer, recompute } from '../scoring';
import { FarFromZero, shopModels } from '../testing-version';
import { metric, ServingBench, type ServingWorker } from './testing';

const shop = shopModels();
const deciding = { role: 'decides', evaluation: evaluationWithGain() } as const;

function evaluationWithGain() {
  const figures = { precision: 0.9, recall: 0.9, f1: 0.9, auc: 0.99 };
  const scorers = {
    profile: figures,
    autoencoder: figures,
    'isolation-forest': figures,
    paths: figures,
    combined: figures,
  };
  return { alarmRate: 0.02, normalTraces: 1000, faultyTraces: 100, scorers, gainLowerBound: 0.1 };
}

/** Twenty traces a second from the start on. */
function records(seed: number, count: number, { first = 1, each = 200 } = {}) {
  const traces = shopTraces(seed, count, start, 20);
  return Array.from({ length: Math.ceil(count / each) }, (_, i) => {
    const part = traces.slice(i * each, (i + 1) * each);
    return record(first + i, part, timeOf(i * each), timeOf((i + 1) * each));
  });
}

const judged = (verdicts: readonly Verdict[]) => new Map(verdicts.map((verdict) => [verdict.traceId, verdict]));
const alike = ({ bench }: ServingWorker, recs: ReturnType<typeof records>) => bench.run(...recs);
const timeOf = (traces: number): number => start + traces * 50;

test('without an approved version everything is as it is without models, to the byte', async () => {
  const serving = new ServingBench(shop);
  await serving.add(1, deciding);
  const { bench } = await serving.worker();
  const alone = new Bench({}, shop.shop.bundle);
  const traces = [record(1, shopTraces(3, 60, start, 20, slow))];
  expect(await bench.run(...traces)).toEqual(await alone.run(...traces));
  const keys = await alone.keys();
  expect(keys.length).toBeGreaterThan(5);
  expect(await bench.keys()).toEqual(keys);
  for (const key of keys) expect(await bench.anomalies.get(key)).toEqual(await alone.anomalies.get(key));
});

describe('a version in the shadow', () => {
  test('decides nothing, and what it says of anomalous traces recomputes from the verdict', async () => {
    const serving = new ServingBench(shop);
    const version = await serving.add(1);
    await serving.approve(version, start);
    const worker = await serving.worker();
    const recs = [...records(5, 400), record(9, shopTraces(6, 60, start, 20, slow))];
    const [shadow, alone] = [await alike(worker, recs), await new Bench({}, shop.shop.bundle).run(...recs)];
    expect(shadow.stats).toEqual(alone.stats);
    expect(shadow.verdicts.map(({ learned: _, ...verdict }) => verdict)).toEqual(alone.verdicts);
    const models = await readVersion(serving.models, version, { autoencoder: (files) => FarFromZero.load(files) });
    for (const { learned } of shadow.verdicts) {
      expect(learned).toMatchObject({ version, role: 'champion', decided: false });
      if (learned === undefined) continue;
      expect(Math.abs(recompute(learned, models).score - learned.score)).toBeLessThan(1e-6);
    }
    expect(await metric(worker, 'plumbline_learned_traces_total', { version, part: 'judges' })).toBe(460);
    expect(await metric(worker, 'plumbline_learned_agreement_total', { with: 'profile' })).toBe(460);
    expect(await metric(worker, 'plumbline_learned_decided_total')).toBe(0);
    expect(await metric(worker, 'plumbline_learned_exceeding_total')).toBeGreaterThan(20);
  });
});

test('of versions that decide nothing a share of the records suffices, the same on every worker; of one that decides it is all', async () => {
  const scored = async (role: Parameters<ServingBench['add']>[1] = {}) => {
    const serving = new ServingBench(shop);
    await serving.approve(await serving.add(1, role), start);
    const workers = [await serving.worker({ shadowShare: 0.3 }), await serving.worker({ shadowShare: 0.3 })] as const;
    const some = () => records(5, 800, { each: 2 });
    const [one, other] = [await alike(workers[0], some()), await alike(workers[1], some())];
    const ids = ({ verdicts }: typeof one) =>
      verdicts.filter(({ learned }) => learned !== undefined).map((v) => v.traceId);
    expect(ids(other)).toEqual(ids(one));
    return metric(workers[0], 'plumbline_learned_traces_total');
  };
  const share = (await scored()) / 800;
  expect(share).toBeGreaterThan(0.24);
  expect(share).toBeLessThan(0.36);
  expect(await scored(deciding)).toBe(800);
});

describe('a version that decides', () => {
  test('adds to what the profile finds, takes nothing away, and puts its reasons down', async () => {
    const serving = new ServingBench(shop);
    const version = await serving.add(1, deciding);
    await serving.approve(version, start);
    const worker = await serving.worker();
    const recs = [...records(7, 1200), record(20, shopTraces(8, 40, start, 20, { fail: 'payment' }))];
    const [both, alone] = [await alike(worker, recs), await new Bench({}, shop.shop.bundle).run(...recs)];
    const [mine, theirs] = [judged(both.verdicts), judged(alone.verdicts)];
    for (const [id, verdict] of theirs)
      expect(mine.get(id)).toMatchObject({ score: verdict.score, threshold: verdict.threshold });
    const added = both.verdicts.filter(({ traceId }) => !theirs.has(traceId));
    expect(added.length).toBeGreaterThan(0);
    expect(added.length).toBeLessThan(1240 * 0.06);
    for (const verdict of added) {
      expect(verdict.learned).toMatchObject({ decided: true, exceeds: true });
      expect(verdict.score).toBeGreaterThanOrEqual(verdict.threshold);
      expect(verdict.threshold).toBeCloseTo(-Math.log(0.02), 9);
      const bytes = await worker.bench.anomalies.get(verdict.object?.key ?? '');
      const spans = readTraceParquet(bytes ?? new Uint8Array(0)).filter(({ traceId }) => traceId === verdict.traceId);
      expect(decodeStoredFeatures(spans[0]?.features ?? '{}')).toEqual({
        schema: shop.content.schema.hash,
        version,
        profile: '000001-test',
        features: verdict.learned?.features,
      });
      expect(spans.slice(1).every(({ features }) => features === undefined)).toBe(true);
    }
    expect(await metric(worker, 'plumbline_learned_decided_total', { version })).toBe(added.length);
    expect(both.stats.reduce((sum, { verdicts }) => sum + verdicts, 0)).toBe(both.verdicts.length);
  });

  test('is taken back by what takes its trace back, whoever serves by then', async () => {
    const serving = new ServingBench(shop);
    await serving.approve(await serving.add(1, deciding), start);
    const worker = await serving.worker();
    const recs = records(7, 1200);
    const { verdicts } = await alike(worker, recs);
    const found = verdicts.find(({ learned }) => learned?.decided === true);
    const trace = shopTraces(7, 1200, start, 20).find(({ traceId }) => traceId === found?.traceId);
    if (trace === undefined) throw new RangeError('models find something');
    await serving.registry.rollBack({ effectiveFromMs: start, by: 'Ada' });
    await worker.source.poll(5000);
    const again: PlainTrace[] = [
      { ...trace, retraction: true },
      { ...trace, revision: 2 },
    ];
    const after = await worker.bench.run(record(30, again, start + 70_000, start + 70_000));
    expect(after.verdicts).toMatchObject([{ traceId: trace.traceId, revision: 2, withdrawn: true }]);
    const entries = after.stats.flatMap(({ windows }) => windows.flatMap(({ stats }) => [...stats.entries.values()]));
    expect(entries.map(({ anomalous }) => anomalous)).toEqual([-1]);
  });
});

describe('a change of versions', () => {
  test('is by event time: no trace is lost or judged twice, and a replay gives the same verdicts', async () => {
    const serving = new ServingBench(shop);
    const first = await serving.add(1, deciding);
    await serving.approve(first, start);
    const worker = await serving.worker();
    const recs = records(11, 1200);
    const before = await worker.bench.process(...recs.slice(0, 3));
    // Named while the stream goes on, for a time that no trace has reached, in the middle of a record.
    const second = await serving.add(2, deciding, { autoencoder: new FarFromZero(3) });
    await serving.approve(second, timeOf(900));
    await worker.source.poll(5000);
    const after = await worker.bench.process(...recs.slice(3));
    const verdicts = [...before.verdicts, ...after.verdicts];
    for (const { eventTimeMs, learned } of verdicts) {
      expect(learned?.version).toBe(eventTimeMs < timeOf(900) ? first : second);
    }
    expect(await metric(worker, 'plumbline_learned_traces_total', { version: first })).toBe(900);
    expect(await metric(worker, 'plumbline_learned_traces_total', { version: second })).toBe(300);
    const replayed = await (await serving.worker()).bench.process(...recs);
    expect(replayed.verdicts).toEqual(verdicts);
    expect(new Set(verdicts.map(({ traceId }) => traceId)).size).toBe(verdicts.length);
  });

  test('back to the one before is an event time too, and stays', async () => {
    const serving = new ServingBench(shop);
    const first = await serving.add(1, deciding);
    const second = await serving.add(2, deciding, { autoencoder: new FarFromZero(3) });
    await serving.approve(first, start);
    await serving.approve(second, timeOf(200));
    await serving.registry.rollBack({ effectiveFromMs: timeOf(400), by: 'Ada' });
    const worker = await serving.worker();
    for (const nowMs of [1000, 60_000, 600_000]) await worker.source.poll(nowMs);
    const { verdicts } = await worker.bench.process(...records(12, 800));
    for (const { eventTimeMs, learned } of verdicts) {
      const isSecond = eventTimeMs >= timeOf(200) && eventTimeMs < timeOf(400);
      expect(learned?.version).toBe(isSecond ? second : first);
    }
    expect(new Set(verdicts.map(({ learned }) => learned?.version)).size).toBe(2);
  });
});

describe('a challenger', () => {
  test('judges its share of the traces by their ids, the same on every worker; both score all', async () => {
    const serving = new ServingBench(shop);
    const champion = await serving.add(1);
    const challenger = await serving.add(2, {}, { autoencoder: new FarFromZero(3) });
    await serving.approve(champion, start);
    await serving.approve(challenger, start, 0.3);
    const [one, other] = [await serving.worker(), await serving.worker()];
    const traces = shopTraces(13, 600, start, 20, slow);
    const { verdicts } = await one.bench.run(record(1, traces));
    // In other company and order.
    const reversed = [...traces].reverse();
    const seen = [
      await other.bench.run(record(1, reversed.slice(0, 250))),
      await other.bench.run(record(2, reversed.slice(250))),
    ];
    const roles = new Map(
      seen.flatMap((each) => each.verdicts.map(({ traceId, learned }) => [traceId, learned?.role])),
    );
    expect(verdicts.length).toBeGreaterThan(200);
    for (const { traceId, learned } of verdicts) expect(roles.get(traceId)).toBe(learned?.role);
    const byChallenger = await metric(one, 'plumbline_learned_traces_total', { role: 'challenger', part: 'judges' });
    expect(byChallenger / 600).toBeGreaterThan(0.24);
    expect(byChallenger / 600).toBeLessThan(0.36);
    for (const role of ['champion', 'challenger']) {
      expect(await metric(one, 'plumbline_learned_traces_total', { role })).toBe(600);
      expect(await metric(one, 'plumbline_learned_agreement_total', { role, with: 'profile' })).toBe(600);
    }
    expect(await metric(one, 'plumbline_learned_agreement_total', { role: 'challenger', with: 'champion' })).toBe(600);
  });
});

describe('what is wrong', () => {
  async function champion(): Promise<{ serving: ServingBench; first: string; worker: ServingWorker }> {
    const serving = new ServingBench(shop);
    const first = await serving.add(1);
    await serving.approve(first, start);
    return { serving, first, worker: await serving.worker() };
  }
  const judges = async (worker: ServingWorker) => {
    const { verdicts } = await worker.bench.process(record(1, shopTraces(14, 30, start + 1000, 20, slow)));
    return [...new Set(verdicts.map(({ learned }) => learned?.version))];
  };

  test.each(['forest.bin', 'calibration.json', 'autoencoder/factor.txt', 'manifest.json'])(
    'is refused, told of, and the version before goes on: %s',
    async (file) => {
      const { serving, first, worker } = await champion();
      const second = await serving.add(2, {}, { autoencoder: new FarFromZero(3) });
      await serving.damage(second, file);
      await serving.approve(second, start + 500);
      await worker.source.poll(5000);
      expect(worker.source.status().refused[second]).toMatchObject({ kind: 'hash' });
      expect(await metric(worker, 'plumbline_learned_refused', { reason: 'hash' })).toBe(1);
      expect(await judges(worker)).toEqual([first]);
      // The same after a restart.
      expect(await judges(await serving.worker())).toEqual([first]);
    },
  );

  test('is a backtest worse than the parent’s, unless somebody says why it is to serve', async () => {
    const { serving, first, worker } = await champion();
    const lineage = { ...deciding, lineage: { ...draftLineage(), parent: first } };
    const parent = await serving.add(
      2,
      { backtest: { incidents: 4, incidentsOfProfile: 4 } },
      { autoencoder: new FarFromZero(3) },
    );
    const worse = { ...lineage, role: 'shadow', backtest: { incidents: 40, incidentsOfProfile: 4 } } as const;
    const second = await serving.add(
      3,
      { ...worse, lineage: { ...worse.lineage, parent } },
      { autoencoder: new FarFromZero(4) },
    );
    await serving.registry.approve(second, { as: 'challenger', share: 0.5, effectiveFromMs: start, by: 'Ada' });
    await worker.source.poll(5000);
    expect(worker.source.status().refused[second]).toMatchObject({ kind: 'backtest' });
    expect(await judges(worker)).toEqual([first]);
    await serving.approve(second, start, 0.9, 'incidents were real');
    await worker.source.poll(10_000);
    expect(worker.source.status().refused).toEqual({});
    expect(worker.source.status().versions.find(({ version }) => version === second)).toMatchObject({
      isLoaded: true,
      share: 0.9,
      approval: { by: 'Ada', despite: 'incidents were real' },
    });
  });

  test('is not what a version is whose files come later', async () => {
    const { serving, worker, first } = await champion();
    const second = await serving.add(2, {}, { autoencoder: new FarFromZero(3) });
    const hidden = Object.create(serving.models, {
      head: {
        configurable: true,
        value: (key: string) => (key.includes(second) ? Promise.resolve(undefined) : serving.models.head(key)),
      },
    }) as typeof serving.models;
    await serving.approve(second, start + 500);
    const late = await serving.worker({ models: hidden });
    expect(late.source.status().refused[second]).toMatchObject({ kind: 'absent' });
    expect(await judges(late)).toEqual([first]);
    Object.defineProperty(hidden, 'head', { value: (key: string) => serving.models.head(key) });
    await worker.source.poll(5000);
    await late.source.poll(5000);
    expect(late.source.status().refused).toEqual({});
  });

  test('is a model that throws: the profile judges, and it is counted', async () => {
    const serving = new ServingBench(shop);
    await serving.approve(await serving.add(1), start);
    const broken = Object.assign(new FarFromZero(2), {
      score: () => {
        throw new Error('out of memory');
      },
    });
    const worker = await serving.worker({ autoencoder: () => Promise.resolve(broken) });
    expect(await judges(worker)).toEqual([undefined]);
    expect(await metric(worker, 'plumbline_learned_failures_total')).toBe(1);
  });
});

describe('an observer', () => {
  test('is given rows, scores and event times of each record and version, and its records are published', async () => {
    const serving = new ServingBench(shop);
    const version = await serving.add(1);
    await serving.approve(version, start);
    const told: number[][] = [];
    const published = { topic: 'model-events', key: 'drift', value: Buffer.from('{}') };
    const worker = await serving.worker({
      observer: {
        observe: ({ models, rows, scores, eventTimesMs }) => {
          expect(models.manifest.version).toBe(version);
          expect(new LearnedScorer(models).score(rows).combined).toEqual(scores.combined);
          told.push([...eventTimesMs]);
          return [published];
        },
      },
    });
    const traces = shopTraces(15, 20, start, 20);
    const { order } = await worker.bench.run(record(1, traces));
    expect(told).toEqual([traces.map(({ eventTimeMs }) => eventTimeMs)]);
    expect(order).toContain('model-events');
  });
});

describe('how versions compare', () => {
  test('is put down once a minute', async () => {
    const serving = new ServingBench(shop);
    const version = await serving.add(1);
    await serving.approve(version, start);
    const worker = await serving.worker();
    await worker.bench.run(record(1, shopTraces(16, 100, start, 20)));
    await worker.source.poll(59_000);
    expect(await serving.registry.loggedMetrics(version)).toEqual({});
    await worker.source.poll(61_000);
    await worker.source.close();
    expect(await serving.registry.loggedMetrics(version)).toMatchObject({
      'serving.traces': { value: 100, atMs: 61_000 },
      'serving.exceeding_share': { atMs: 61_000 },
      'serving.agreement_with_profile': { atMs: 61_000 },
    });
  });

  test('is left to metrics for an hour where a worker may not write, and it judges on', async () => {
    const serving = new ServingBench(shop);
    await serving.approve(await serving.add(1), start);
    const logMetrics = jest.fn(() => Promise.reject(new ObjectStoreError('PLUMBLINE_OBJECT_DENIED', 'AccessDenied')));
    const { registry } = serving;
    const readOnly = { served: () => registry.served(), versions: () => registry.versions(), logMetrics };
    const worker = await serving.worker({ registry: readOnly });
    const hour = 3_600_000;
    for (const [i, nowMs] of [61_000, 122_000, hour, 61_000 + hour].entries()) {
      const { verdicts } = await worker.bench.run(record(10 * i, shopTraces(17 + i, 30, start, 20, slow)));
      expect(verdicts.length).toBeGreaterThan(0);
      await worker.source.poll(nowMs);
      await new Promise(setImmediate);
    }
    expect(logMetrics).toHaveBeenCalledTimes(2);
    expect(worker.source.status().comparisonsNotLogged).toBe('AccessDenied');
    expect(await metric(worker, 'plumbline_learned_unlogged_total')).toBe(2);
  });
});

function draftLineage() {
  return { fromMs: 0, throughMs: 60_000, normalTraces: 1500, anomalousTraces: 0, feedbackLabels: 0, code: 'test' };
}
