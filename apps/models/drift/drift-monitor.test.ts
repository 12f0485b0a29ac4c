import { decodeDriftEvent, type DriftEvent } from '@plumbline/wire';
import type { OutgoingRecord } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { DriftMonitor, type DriftMonitorOptions, type DriftBatch } from './drift-monitor';
import type { DriftReport } from './drift-report';
import { scoredBy, trainedWith, uniform, type Draw } from './testing';

const hourMs = 3_600_000;
const startMs = 1_700_000_000_000 - (1_700_000_000_000 % hourMs);
const width = 6;
const models = trainedWith(width, 4000, uniform(1, width));

/** Hours of traffic, the first of them at the start. */
function hour(index: number, draw: Draw, { of = models, traces = 1000 } = {}): DriftBatch {
  return scoredBy(of, traces, draw, { fromMs: startMs + index * hourMs, durationMs: hourMs });
}

const steady = (seed: number) => uniform(seed, width);
/** One feature moves by half of its range. */
const moved = (seed: number) => uniform(seed, width, (column) => (column === 2 ? 0.5 : 0));

const steadily = steady(50);

class Bench {
  readonly reports: DriftReport[] = [];
  readonly registry = new Registry();
  readonly monitor: DriftMonitor;

  constructor(options: DriftMonitorOptions = {}) {
    this.monitor = new DriftMonitor({
      onReport: (each) => this.reports.push(each),
      registry: this.registry,
      ...options,
    });
  }

  run(batches: readonly DriftBatch[]): DriftEvent[] {
    return batches.flatMap((batch) => this.monitor.observe(batch)).flatMap(eventOf);
  }

  async measured(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const values = (await this.registry.getSingleMetric(name)?.get())?.values ?? [];
    return values.find((each) => Object.entries(labels).every(([key, value]) => each.labels[key] === value))?.value;
  }
}

function eventOf({ topic, key, value }: OutgoingRecord): DriftEvent[] {
  expect([topic, key]).toEqual(['model-events', 'trace-anomaly/drift']);
  return [decodeDriftEvent(value ?? new Uint8Array()) ?? []].flat();
}

const hours = (count: number, draw: (seed: number) => Draw, from = 0) =>
  Array.from({ length: count }, (_, i) => hour(from + i, draw(100 + from + i)));

/** Event time goes on far enough for the hour before to be over. */
const later = (index: number) =>
  scoredBy(models, 10, steady(99), { fromMs: startMs + index * hourMs, durationMs: hourMs / 2 });

describe('traces as they were trained with', () => {
  test('are reported as steady, hour by hour', async () => {
    const bench = new Bench();
    expect(bench.run(hours(5, steady))).toEqual([]);
    expect(bench.reports.map(({ fromMs, throughMs, traces }) => [fromMs, throughMs, traces])).toEqual(
      [0, 1, 2, 3].map((i) => [startMs + i * hourMs, startMs + (i + 1) * hourMs, 1000]),
    );
    // Six features by value and by how often there is none, and the score.
    expect(bench.reports[0]?.drifts).toHaveLength(2 * width + 1);
    expect(bench.reports.every(({ drifts }) => drifts.every(({ psi }) => psi < 0.1))).toBe(true);
    expect(await bench.measured('plumbline_model_drift_stretches_total', { result: 'steady' })).toBe(4);
  });

  test('do not drift by chance, not one of a hundred features in any hour of a week with few traces', () => {
    const [many, few] = [100, 500];
    const drawn = uniform(3, many);
    const trained = trainedWith(many, 2000, uniform(2, many));
    const bench = new Bench();
    const week = Array.from({ length: 24 * 7 }, (_, i) => i);
    const told = week.flatMap((i) => bench.run([hour(i, drawn, { of: trained, traces: few })]));
    expect(told).toEqual([]);
    // Not one of 200 numbers in an hour, where two in a row are asked for; though the worst is well above 0 in each.
    expect(bench.reports.flatMap(({ drifts }) => drifts.filter((each) => each.drifts))).toEqual([]);
    expect(bench.reports.every(({ drifts }) => (drifts[0]?.psi ?? 0) > 0)).toBe(true);
  });
});

describe('traces that are otherwise', () => {
  test('are told of when the same has drifted for two hours in a row', async () => {
    const bench = new Bench();
    expect(bench.run(hours(2, moved))).toEqual([]);
    const [event, ...others] = bench.run([later(2.2)]);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      id: `drift-trace-anomaly-000001-000000000001-${startMs + hourMs}`,
      version: '000001-000000000001',
      scores: [],
      features: [{ name: 'feature-2', of: 'value' }],
      drifting: 1,
      traces: 1000,
      fromMs: startMs + hourMs,
      throughMs: startMs + 2 * hourMs,
    });
    expect(event?.psi).toBeGreaterThan(0.25);
    expect(await bench.measured('plumbline_model_drift_psi', { of: 'features-max' })).toBe(event?.psi);
    expect(await bench.measured('plumbline_model_drift_psi', { of: 'score' })).toBeLessThan(0.1);
    expect(await bench.measured('plumbline_model_features_drifting')).toBe(1);
    expect(await bench.measured('plumbline_model_drift_events_total')).toBe(1);
  });

  test('are no drift while another feature moves each hour', () => {
    const turn = (index: number) =>
      hour(
        index,
        uniform(index, width, (column) => (column === index ? 0.5 : 0)),
      );
    expect(new Bench().run([0, 1, 2, 3, 4].map(turn))).toEqual([]);
  });

  test('are no drift of a challenger', () => {
    const bench = new Bench();
    expect(bench.run(hours(4, moved).map((batch) => ({ ...batch, role: 'challenger' as const })))).toEqual([]);
    expect(bench.reports).toEqual([]);
  });

  test('are told of by their scores', () => {
    const scores = (seed: number) => uniform(seed, width, (column) => (column === width ? 0.5 : 0));
    const [event] = new Bench().run(hours(3, scores));
    expect(event).toMatchObject({ scores: [{ name: 'combined' }], features: [], drifting: 0 });
  });

  test('are told of by how often they have no value', () => {
    const sparse = (seed: number): Draw => {
      const drawn = steady(seed);
      return (trace) =>
        Float64Array.from(drawn(trace), (value, column) => (column === 1 && trace % 3 > 0 ? NaN : value));
    };
    const [event] = new Bench().run(hours(3, sparse));
    expect(event?.features).toEqual([{ name: 'feature-1', of: 'missing', psi: expect.any(Number) as number }]);
  });

  test('are told of where they have what the training never had', () => {
    const never = trainedWith(width, 4000, (trace) => Float64Array.from(steadily(trace)).fill(0, 3, 4));
    const sometimes: Draw = (trace) => Float64Array.from(steadily(trace)).fill(trace % 8 === 0 ? 1 : 0, 3, 4);
    const [event] = new Bench().run([0, 1, 2].map((i) => hour(i, sometimes, { of: never })));
    expect(event?.features.map(({ name }) => name)).toEqual(['feature-3']);
  });

  test('are told of once in a day, and again the day after', () => {
    const told = new Bench().run(hours(60, moved));
    expect(told.map(({ fromMs }) => (fromMs - startMs) / hourMs)).toEqual([1, 26, 51]);
  });

  test('are told of no more when a version was trained with them', () => {
    const of = trainedWith(width, 4000, moved(4), '000002-000000000002');
    const bench = new Bench();
    expect(bench.run([...hours(2, moved), later(2.2)])).toHaveLength(1);
    expect(bench.run(Array.from({ length: 5 }, (_, i) => hour(3 + i, moved(i), { of })))).toEqual([]);
    expect(bench.reports.at(-1)?.version).toBe('000002-000000000002');
  });
});

describe('what is told', () => {
  const batches = [...hours(3, moved), later(3.2)];
  const told = new Bench().run(batches);

  test('is the same when all comes again, in other batches', () => {
    const halves = batches.flatMap((batch) => {
      const cut = (from: number, to: number): DriftBatch => ({
        ...batch,
        rows: { ...batch.rows, rows: to - from, values: batch.rows.values.subarray(from * width, to * width) },
        scores: { ...batch.scores, combined: batch.scores.combined.slice(from, to) },
        eventTimesMs: Array.from(batch.eventTimesMs).slice(from, to),
      });
      return [cut(0, 333), cut(333, batch.rows.rows)];
    });
    expect(told).toHaveLength(1);
    expect(new Bench().run(halves)).toEqual(told);
  });

  test('is the same when partitions are some minutes apart, and what is later counts for none', async () => {
    const bench = new Bench();
    const [first, second] = [scoredBy(models, 600, moved(1), span(0)), scoredBy(models, 600, moved(2), span(0))];
    const next = scoredBy(models, 600, moved(3), span(hourMs));
    bench.run([first, { ...next, rows: { ...next.rows, rows: 40 } }, second]);
    expect(bench.reports).toEqual([]);
    bench.run([next, second]);
    expect(bench.reports.map(({ traces }) => traces)).toEqual([1200]);
    expect(await bench.measured('plumbline_model_drift_late_traces_total')).toBe(600);
  });

  test('is nothing of hours with too few traces, which neither go on nor end', async () => {
    const bench = new Bench();
    const thin = hour(1, steady(7), { traces: 400 });
    const [event] = bench.run([hour(0, moved(1)), thin, hour(2, moved(2)), later(3.2)]);
    expect(event?.fromMs).toBe(startMs + 2 * hourMs);
    expect(await bench.measured('plumbline_model_drift_stretches_total', { result: 'too few' })).toBe(1);
  });

  test('is of the version that decides now, and of the one before for who comes late', () => {
    const others = ['2', '3'].map((n) => trainedWith(width, 4000, steady(1), `00000${n}-00000000000${n}`));
    const bench = new Bench();
    bench.run([hour(0, moved(1)), ...others.map((of) => hour(0, steady(2), { of }))]);
    // The first version was forgotten: its hours begin anew.
    expect(bench.run([hour(1, moved(3)), later(2.2)])).toEqual([]);
    bench.monitor.forget(models.manifest.version);
    expect(bench.run([hour(3, moved(4)), later(4.2)])).toEqual([]);
  });

  const span = (offsetMs: number) => ({ fromMs: startMs + offsetMs, durationMs: hourMs });
});
