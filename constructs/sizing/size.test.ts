import { roundPrices, sizeOf, SizingError, unitPricesOf, usualUnitPrices, type Load, type Sizing } from '.';
import { measured } from './measured';

const load: Load = { spansPerSecond: 5_000, samplesPerSecond: 10_000, logBytesPerDay: 10e9 };

function component({ components }: Sizing, name: string) {
  const found = components.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(name);
  return found;
}

describe('A sizing', () => {
  it('has every component that its load needs, and none that nothing comes to', () => {
    const names = (of: Load) => sizeOf(of).components.map(({ name }) => name);
    expect(names(load)).toEqual(
      expect.arrayContaining(['otel-ingestor', 'redpanda', 'tempo', 'prometheus', 'loki', 'objects']),
    );
    expect(names({ spansPerSecond: 0, samplesPerSecond: 10, logBytesPerDay: 0 })).toEqual([
      'prometheus',
      'alertmanager',
      'grafana',
    ]);
    expect(names({ spansPerSecond: 0, logBytesPerDay: 1e9 })).not.toContain('tempo');
    expect(names({ ...load, retention: { longTermMetrics: 365 } })).toContain('mimir');
    expect(names({ ...load, replication: 3 })).toContain('postgres');
  });

  it('never shrinks when more comes, is kept longer, or is kept more often', () => {
    const base = sizeOf(load).total;
    const more: readonly Load[] = [
      { ...load, spansPerSecond: 6_000 },
      { ...load, samplesPerSecond: 20_000 },
      { ...load, logBytesPerDay: 20e9 },
      { ...load, bytesPerSpan: 900 },
      { ...load, replication: 3 },
      { ...load, queriesPerSecond: 5 },
      { ...load, retention: { traces: 60 } },
      { ...load, retention: { stream: 3 } },
      { ...load, retention: { longTermMetrics: 30 } },
    ];
    for (const each of more) {
      const { total } = sizeOf(each);
      expect(total.monthlyPrice).toBeGreaterThan(base.monthlyPrice);
      for (const key of ['cores', 'memoryBytes', 'diskBytes', 'objectBytes'] as const)
        expect([each, key, total[key] >= base[key]]).toEqual([each, key, true]);
    }
  });

  it('sums what its components take, and the price of each signal is the price of all', () => {
    const sizing = sizeOf(load);
    const { total, components, monthlyPriceOf } = sizing;
    expect(components.reduce((sum, { replicas, cores }) => sum + replicas * cores, 0)).toBeCloseTo(total.cores);
    const { traces, metrics, logs } = monthlyPriceOf;
    expect(traces + metrics + logs).toBeCloseTo(total.monthlyPrice);
    expect(traces).toBeGreaterThan(metrics);
  });

  it('keeps of traces in the bucket what was measured, for as long as they are kept', () => {
    const kept = component(sizeOf({ ...load, retention: { traces: 7 } }), 'tempo').objectBytes;
    expect(kept).toBe(5_000 * 86_400 * 7 * measured.bytesPerSpan.tempoBlocks);
    const larger = component(
      sizeOf({ ...load, bytesPerSpan: 2 * measured.bytesPerSpan.otlp, retention: { traces: 7 } }),
      'tempo',
    );
    expect(larger.objectBytes).toBe(2 * kept);
  });

  it('has as many bytes of samples on disk as Prometheus says, and room besides', () => {
    const { diskBytes } = component(sizeOf({ ...load, retention: { metrics: 15 } }), 'prometheus');
    const documented = 10_000 * 86_400 * 15 * 2;
    expect(diskBytes).toBeGreaterThan(documented / 0.75);
    expect(diskBytes).toBeLessThan((documented / 0.75) * 1.1);
  });

  it('has of Mimir what its page says: 1,000,000 samples a second of 15,000,000 series, three times', () => {
    const mimir = component(
      sizeOf({
        spansPerSecond: 0,
        samplesPerSecond: 1e6,
        activeSeries: 15e6,
        logBytesPerDay: 0,
        replication: 3,
        queriesPerSecond: 0,
        retention: { longTermMetrics: 365 },
      }),
      'mimir',
    );
    // 40 cores of distributors, 150 of ingesters, one compactor; 40, 375 and 4 GB, and half more.
    expect(mimir.replicas * mimir.cores).toBeCloseTo(191);
    expect(mimir.replicas * mimir.memoryBytes).toBeCloseTo(419e9 * 1.5, -9);
    expect(mimir.objectBytes).toBe(1e6 * 86_400 * 365 * 2);
  });

  it('adds replicas of what can have several, and says of what cannot that it is too large', () => {
    const huge = sizeOf({ ...load, spansPerSecond: 500_000 });
    expect(component(huge, 'preprocessing').replicas).toBeGreaterThan(3);
    expect(component(huge, 'preprocessing').cores).toBeLessThanOrEqual(2);
    expect(component(huge, 'tempo').replicas).toBe(1);
    expect(component(huge, 'tempo').notes.join(' ')).toContain('one process');
    expect(component(sizeOf(load), 'tempo').notes).toEqual([]);
  });

  it('gives a broker whole cores, with two gibibytes each, and every copy its disk', () => {
    const [one, three] = [1, 3].map((replication) => component(sizeOf({ ...load, replication }), 'redpanda'));
    expect([one?.replicas, three?.replicas]).toEqual([1, 3]);
    expect(Number.isInteger(one?.cores)).toBe(true);
    expect(three?.memoryBytes).toBe((three?.cores ?? 0) * 2 * 2 ** 30);
    expect(three?.diskBytes).toBe(one?.diskBytes);
  });

  it('tells samples by series and series by samples', () => {
    const bySeries = sizeOf({ spansPerSecond: 0, activeSeries: 300_000, logBytesPerDay: 0 });
    expect(bySeries.load.samplesPerSecond).toBe(10_000);
    const bySamples = sizeOf({
      spansPerSecond: 0,
      samplesPerSecond: 10_000,
      scrapeIntervalSeconds: 15,
      logBytesPerDay: 0,
    });
    expect(bySamples.load.activeSeries).toBe(150_000);
  });

  it('counts objects in somebody else’s store by what is in it, and ours by its volume', () => {
    const [ours, theirs] = [false, true].map((objectsElsewhere) => sizeOf(load, { objectsElsewhere }));
    expect(ours?.components.map(({ name }) => name)).toContain('objects');
    expect(theirs?.components.map(({ name }) => name)).not.toContain('objects');
    expect(theirs?.total.objectBytes).toBe(ours?.total.objectBytes);
    expect(theirs?.total.monthlyPrice).toBeLessThan(ours?.total.monthlyPrice ?? 0);
  });

  it.each<[string, Partial<Load>]>([
    ['spansPerSecond', { spansPerSecond: -1 }],
    ['samplesPerSecond', { samplesPerSecond: Number.NaN }],
    ['replication', { replication: 2 }],
    ['bytesPerSpan', { bytesPerSpan: 0 }],
    ['retention.traces', { retention: { traces: 10_000 } }],
    ['activeSeries', { activeSeries: 0 }],
    ['anomalousShare', { anomalousShare: 2 }],
  ])('refuses a load that nothing follows from: %s', (field, wrong) => {
    expect(() => sizeOf({ ...load, ...wrong })).toThrow(SizingError);
    expect(() => sizeOf({ ...load, ...wrong })).toThrow(field);
  });

  it('refuses prices that are none', () => {
    expect(() => sizeOf(load, { prices: { ...roundPrices, core: -1 } })).toThrow('prices.core');
  });
});

describe('Prices of a unit', () => {
  it('times what comes in a month are what everything costs', () => {
    const sizing = sizeOf(load);
    const { spanGigabyte, lineGigabyte, millionSamples } = unitPricesOf(sizing);
    const month = 30 * 86_400;
    const all =
      (spanGigabyte * 5_000 * sizing.load.bytesPerSpan * month) / 1e9 +
      (lineGigabyte * 10e9 * 30) / 1e9 +
      (millionSamples * 10_000 * month) / 1e6;
    expect(all / sizing.total.monthlyPrice).toBeCloseTo(1, 2);
  });

  it('are none of what does not come', () => {
    expect(unitPricesOf(sizeOf({ spansPerSecond: 100, logBytesPerDay: 0 }))).toMatchObject({
      lineGigabyte: 0,
      millionSamples: 0,
    });
    expect(usualUnitPrices.currency).toBe(roundPrices.currency);
  });
});
