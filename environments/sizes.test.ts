import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Grafana, Loki, ObjectStore, OtelTier, PlatformApp, Postgres, Prometheus, TempoMonolith } from '../constructs';
import { sumResources, type KubeObject } from '../constructs/invariants';
import { envOf, objectOf, renderApp, violationsOf } from '../constructs/testing';
import { platform } from '../main';
import { collectorScaling, sizes, traceBytesPerDay, type EnvironmentSize, type EnvironmentSizeName } from './sizes';
import { thesis } from './thesis';

/** The stack of document 001, of one size. */
function stack(size: EnvironmentSize): PlatformApp {
  const app = new PlatformApp({ name: 'sized', outdir: 'never-written', defaultNamespace: 'observability' });
  const storage = new ObjectStore(app.chart('storage'), 'objects', size.storage);
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus', size.prometheus);
  const blocks = storage.bucket('tempo-traces');
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { ...size.tempo, blocks, metrics });
  const logs = new Loki(app.chart('logs'), 'loki', { ...size.logs, chunks: storage.bucket('loki-chunks') });
  new OtelTier(app.chart('collection'), 'otel', { ...size.otel, traces: [tempo] });
  new Grafana(app.chart('visualization'), 'grafana', {
    ...size.grafana,
    sources: [tempo, metrics, logs],
    database: new Postgres(app.chart('databases'), 'postgres', size.database),
  });
  app.collect({ metrics });
  return app;
}

/** As an autoscaler leaves them when everything is at its maximum. */
function atMaximum(objects: readonly KubeObject[]): readonly KubeObject[] {
  const { maxReplicas } = objectOf(objects, 'HorizontalPodAutoscaler', 'otel-ingestor').spec;
  return objects
    .filter(({ kind }) => kind !== 'HorizontalPodAutoscaler')
    .map((object) =>
      object.kind === 'Deployment' && object.metadata.name === 'otel-ingestor'
        ? { ...object, spec: { ...(object.spec as object), replicas: maxReplicas } }
        : object,
    );
}

const gibi = 2 ** 30;

/** What 001 says of each, in cores and GiB. */
const documented: Readonly<Record<EnvironmentSizeName, readonly [number, number, number]>> = {
  minimal: [2, 5, 180],
  recommended: [6, 8, 180],
  production: [12, 16, 500],
};

describe.each(Object.entries(sizes))('An environment of the size %s', (name, size) => {
  const app = stack(size);
  const objects = renderApp(app);

  it('is one that stands', () => {
    expect(violationsOf(app)).toEqual([]);
  });

  it('adds up to what document 001 says, with every collector that its autoscaler may add', () => {
    const [cores, memoryGiB, storageGiB] = documented[name as EnvironmentSizeName];
    expect(size.needs.cores).toBe(cores);
    expect(size.needs.memory.toGibibytes()).toBe(memoryGiB);
    expect(size.needs.storage.toGibibytes()).toBe(storageGiB);
    const { cpu, memory, storage } = sumResources(atMaximum(objects));
    expect(cpu).toBeLessThanOrEqual(cores);
    expect(memory / gibi).toBeLessThanOrEqual(memoryGiB);
    // Within a tenth: a size that is far below it would be another.
    expect(cpu).toBeGreaterThan(cores * 0.8);
    expect(memory / gibi).toBeGreaterThan(memoryGiB * 0.9);
    expect(sumResources(objects).cpu).toBeLessThan(cpu);
    expect(storage / gibi).toBe(storageGiB);
  });

  it('keeps every pod within what was asked for it, so that no node is promised twice', () => {
    for (const { kind, metadata } of objects.filter((object) => ['Deployment', 'StatefulSet'].includes(object.kind)))
      for (const { resources } of objectOf(objects, kind, metadata.name).spec.template.spec.containers) {
        const { requests, limits } = resources as Record<'requests' | 'limits', { readonly memory: string }>;
        expect([metadata.name, limits.memory]).toEqual([metadata.name, requests.memory]);
      }
  });

  it('has room for its traces, by the growth that 001 gives, twice: while blocks are compacted both are there', () => {
    const { tempo, storage, spansPerSecond } = size;
    const bytes = traceBytesPerDay(spansPerSecond) * tempo.retention.toDays({ integral: false });
    expect(bytes * 1.9).toBeLessThan(storage.volume.size.toGibibytes() * gibi);
  });

  it('has collectors and Grafanas enough that one of each may go', () => {
    expect(objectOf(objects, 'HorizontalPodAutoscaler', 'otel-ingestor').spec.minReplicas).toBe(2);
    expect(objectOf(objects, 'StatefulSet', 'otel-aggregator').spec.replicas).toBeGreaterThanOrEqual(2);
    expect(objectOf(objects, 'Deployment', 'grafana').spec.replicas).toBe(2);
  });

  it('is of parts that an environment takes, with a broker and the pipeline beside them', () => {
    const { needs: _, spansPerSecond: __, ...parts } = size;
    const whole = platform({ ...thesis, name: 'sized', namespaces: {}, defaultNamespace: 'observability', ...parts });
    expect(violationsOf(whole)).toEqual([]);
    expect(envOf(renderApp(whole), 'Deployment', 'grafana').GF_DATABASE_HOST).toBe(
      'postgres.observability.svc.cluster.local:5432',
    );
  });
});

describe('Sizes', () => {
  it('grow from one to the next', () => {
    const order = [sizes.minimal, sizes.recommended, sizes.production];
    for (const each of [order.map(({ needs }) => needs.cores), order.map((size) => size.spansPerSecond)])
      expect(each).toEqual(each.toSorted((a, b) => a - b));
  });

  it('are for 5,000 to 25,000 spans a second, of which a thousand are a gigabyte a day', () => {
    expect([sizes.minimal.spansPerSecond, sizes.recommended.spansPerSecond]).toEqual([5_000, 25_000]);
    expect(traceBytesPerDay(1_000)).toBe(1e9);
  });

  it('leave collectors to an autoscaler that goes in after ten minutes, one by one', () => {
    expect(collectorScaling).toMatchObject({ minReplicas: 2, maxReplicas: 5, cpuPercent: 70, memoryPercent: 80 });
    expect(collectorScaling.behavior?.scaleDown?.stabilizationWindowSeconds).toBe(600);
  });

  it('go in where their page says: as soon as the rest would be at the target or below it', () => {
    const text = readFileSync(join(__dirname, '..', 'docs', 'decisions', 'scaling-in.md'), 'utf8');
    const { minReplicas, maxReplicas, cpuPercent = 0, memoryPercent = 0 } = collectorScaling;
    // Pods that an autoscaler wants, of so many at this usage.
    const wanted = (pods: number, usage: number, target: number) => Math.ceil(pods * (usage / target));
    for (let pods = maxReplicas; pods > minReplicas; pods -= 1) {
      const limits = [cpuPercent, memoryPercent].map((target) => {
        const limit = Math.floor(((target * (pods - 1)) / pods) * 10) / 10;
        expect([wanted(pods, limit, target), wanted(pods, limit + 0.2, target)]).toEqual([pods - 1, pods]);
        return `${limit} %`;
      });
      const row = text.split('\n').find((line) => line.startsWith(`| ${pods} → ${pods - 1}`));
      expect(row?.split('|').map((cell) => cell.trim())).toEqual(['', `${pods} → ${pods - 1}`, ...limits, '']);
    }
  });
});
