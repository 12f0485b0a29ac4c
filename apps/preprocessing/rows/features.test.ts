import { spanFlags } from '@plumbline/wire';
import { Features, type TraceShape } from './features';

const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

interface Row {
  readonly parent?: number;
  readonly start: number;
  readonly duration: number;
  readonly kind?: keyof typeof kinds;
  readonly service?: number;
  readonly failed?: boolean;
  readonly linked?: boolean;
}

/** Milliseconds in, features out. */
function featuresOf(rows: readonly Row[]): Features {
  const features = new Features();
  const shape: TraceShape = {
    count: rows.length,
    parent: rows.map(({ parent }) => parent ?? -1),
    orphan: rows.map(() => 0),
    startNs: rows.map(({ start }) => start * 1e6),
    durationNs: rows.map(({ duration }) => duration * 1e6),
    kind: rows.map(({ kind }) => kinds[kind ?? 'internal']),
    service: rows.map(({ service }) => service ?? 0),
    failed: rows.map(({ failed }) => (failed === true ? 1 : 0)),
    linked: rows.map(({ linked }) => (linked === true ? 1 : 0)),
  };
  features.compute(shape);
  return features;
}

const has = (features: Features, row: number, flag: number) => ((features.flags[row] ?? 0) & flag) !== 0;

describe('self time', () => {
  it('is the duration less what children cover together, once where they overlap', () => {
    const { selfMs } = featuresOf([
      { start: 0, duration: 100 },
      { parent: 0, start: 10, duration: 30 },
      { parent: 0, start: 20, duration: 30 },
      { parent: 0, start: 70, duration: 10 },
    ]);
    expect(selfMs[0]).toBe(50);
    expect(selfMs[1]).toBe(30);
  });

  it('counts of a child only what lies within its parent', () => {
    const { selfMs } = featuresOf([
      { start: 0, duration: 100 },
      { parent: 0, start: 95, duration: 50 },
    ]);
    expect(selfMs[0]).toBe(95);
  });

  it('leaves asynchronous children out', () => {
    const { selfMs } = featuresOf([
      { start: 0, duration: 100 },
      { parent: 0, start: 10, duration: 50, kind: 'consumer', service: 1 },
    ]);
    expect(selfMs[0]).toBe(100);
  });

  it('shifts a child of another service into its parent when their clocks differ', () => {
    const { selfMs } = featuresOf([
      { start: 0, duration: 100, kind: 'client' },
      { parent: 0, start: -200, duration: 80, kind: 'server', service: 1 },
    ]);
    expect(selfMs[0]).toBe(20);
  });

  it('is never below zero', () => {
    const { selfMs } = featuresOf([
      { start: 0, duration: 10, kind: 'client' },
      { parent: 0, start: -5, duration: 80, kind: 'server', service: 1 },
    ]);
    expect(selfMs[0]).toBe(0);
  });
});

describe('gap', () => {
  it('is what a client waited beyond the one server that answered it', () => {
    const { gapMs } = featuresOf([
      { start: 0, duration: 100, kind: 'client' },
      { parent: 0, start: 500, duration: 80, kind: 'server', service: 1 },
    ]);
    expect(gapMs[0]).toBe(20);
    expect(gapMs[1]).toBeNaN();
  });

  it('is not known with two servers, or none', () => {
    const { gapMs } = featuresOf([
      { start: 0, duration: 100, kind: 'client' },
      { parent: 0, start: 0, duration: 30, kind: 'server', service: 1 },
      { parent: 0, start: 40, duration: 30, kind: 'server', service: 1 },
      { start: 0, duration: 10, kind: 'client' },
    ]);
    expect(gapMs[0]).toBeNaN();
    expect(gapMs[3]).toBeNaN();
  });
});

describe('entry', () => {
  it('is the span by which a request came into the service, for all spans below it there', () => {
    const features = featuresOf([
      { start: 0, duration: 100, kind: 'server' },
      { parent: 0, start: 10, duration: 80, kind: 'client' },
      { parent: 1, start: 20, duration: 60, kind: 'server', service: 1 },
      { parent: 2, start: 30, duration: 10, service: 1 },
    ]);
    expect([...features.entryRow.subarray(0, 4)]).toEqual([0, 0, 2, 2]);
    expect([0, 1, 2, 3].map((row) => has(features, row, spanFlags.entry))).toEqual([true, false, true, false]);
    expect(features.remoteChildren[1]).toBe(1);
  });

  it('is also where a service calls itself', () => {
    const features = featuresOf([
      { start: 0, duration: 100, kind: 'client' },
      { parent: 0, start: 10, duration: 80, kind: 'server' },
    ]);
    expect(has(features, 1, spanFlags.entry)).toBe(true);
  });
});

describe('asynchronous', () => {
  it.each<[string, Row]>([
    ['a consumer', { parent: 0, start: 10, duration: 5, kind: 'consumer' }],
    ['what starts after its parent ended', { parent: 0, start: 150, duration: 5 }],
    ['what links to its own parent', { parent: 0, start: 10, duration: 5, linked: true }],
  ])('is %s', (_, child) => {
    expect(has(featuresOf([{ start: 0, duration: 100 }, child]), 1, spanFlags.asynchronous)).toBe(true);
  });

  it('is not a server whose client ended before it by its clock: that is skew', () => {
    const features = featuresOf([
      { start: 0, duration: 100, kind: 'client' },
      { parent: 0, start: 300, duration: 5, kind: 'server', service: 1 },
    ]);
    expect(has(features, 1, spanFlags.asynchronous)).toBe(false);
    expect(has(features, 1, spanFlags.skewed)).toBe(true);
  });

  it('takes a few milliseconds outside of the parent for what clocks are', () => {
    const features = featuresOf([
      { start: 0, duration: 100, kind: 'client' },
      { parent: 0, start: -1, duration: 103, kind: 'server', service: 1 },
    ]);
    expect(has(features, 1, spanFlags.skewed)).toBe(false);
  });
});

describe('error origin', () => {
  it('is the failed span none of whose children failed', () => {
    const features = featuresOf([
      { start: 0, duration: 100, failed: true },
      { parent: 0, start: 10, duration: 80, failed: true },
      { parent: 1, start: 20, duration: 60 },
    ]);
    expect([0, 1, 2].map((row) => has(features, row, spanFlags.origin))).toEqual([false, true, false]);
    expect([0, 1, 2].map((row) => has(features, row, spanFlags.error))).toEqual([true, true, false]);
  });

  it('stays with the caller when only an asynchronous child failed', () => {
    const features = featuresOf([
      { start: 0, duration: 100, failed: true },
      { parent: 0, start: 10, duration: 5, kind: 'consumer', failed: true },
    ]);
    expect(has(features, 0, spanFlags.origin)).toBe(true);
  });
});
