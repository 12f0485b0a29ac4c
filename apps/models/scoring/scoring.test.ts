import { learnedScoreSchema } from '@plumbline/wire';
import type { Fault } from '../../anomaly-detection/testing';
import { packShop, shopModels } from '../testing-version';
import { LearnedScorer, recompute } from './learned-scorer';

const { content, rows } = shopModels();
const models = { ...content, manifest: packShop(content).manifest };
const scorer = new LearnedScorer(models);

const shareAlarmed = (seed: number, count: number, fault?: Fault): number => {
  const { combined } = scorer.score(rows(seed, count, fault));
  return combined.filter(({ exceeds }) => exceeds).length / combined.length;
};

test('normal traces exceed about as often as was asked for', () => {
  const share = shareAlarmed(71, 2000);
  expect(share).toBeGreaterThan(0.005);
  expect(share).toBeLessThan(0.04);
});

test.each<[string, Fault, number]>([
  ['slow', { slow: { service: 'payment', factor: 15 } }, 0.4],
  ['failing', { fail: 'payment' }, 0.5],
  ['left out', { skip: 'payment' }, 0.5],
  ['new', { detour: 'fraud' }, 0.5],
])('traces in which something is %s exceed', (_, fault, least) => {
  // Six of ten requests are to the checkout.
  expect(shareAlarmed(72, 300, fault)).toBeGreaterThan(least);
});

describe('what is put down of a trace', () => {
  const asked = rows(73, 200, { slow: { service: 'payment', factor: 6 } });
  const scored = scorer.score(asked);

  test('gives the same when it is computed again, alone and from JSON', () => {
    for (let row = 0; row < asked.rows; row += 1) {
      const put = scored.put(row);
      const read = learnedScoreSchema.parse(JSON.parse(JSON.stringify(put)));
      const again = recompute(read, models);
      expect(again.features).toEqual(put.features);
      expect(again.exceeds).toBe(put.exceeds);
      expect(Math.abs(again.score - put.score)).toBeLessThan(1e-6);
      expect(Math.abs(again.combinedP - put.combinedP)).toBeLessThan(1e-6);
      for (const [name, score] of Object.entries(put.scores)) {
        expect(Math.abs(again.scores[name as keyof typeof put.scores] ?? NaN) - score).toBeCloseTo(0, 6);
      }
      expect(again.p).toEqual(put.p);
    }
  });

  test('names every model and its p, and is small', () => {
    const put = scored.put(0);
    expect(Object.keys(put.scores).sort()).toEqual(['autoencoder', 'isolation-forest', 'paths']);
    expect(Object.keys(put.p).sort()).toEqual(['autoencoder', 'isolation-forest', 'paths', 'profile']);
    expect(put.features.length).toBeLessThan(content.schema.names.length);
    expect(JSON.stringify(put).length).toBeLessThan(2000);
  });

  test('is refused by other models, and where it names features that there are not', () => {
    const put = scored.put(0);
    expect(() => recompute({ ...put, version: 'other' }, models)).toThrow(/of models other/);
    expect(() => recompute({ ...put, features: [[500, 1]] }, models)).toThrow(/no column 500/);
  });
});

test('a row is judged the same whatever other rows there are', () => {
  const all = rows(74, 100);
  const together = scorer.score(all);
  const row = 57;
  const alone = {
    ...all,
    rows: 1,
    values: all.values.slice(row * all.width, (row + 1) * all.width),
    entries: all.entries.slice(row, row + 1),
    profile: all.profile.slice(row, row + 1),
  };
  expect(scorer.score(alone).put(0)).toEqual(together.put(row));
});

test('rows of other features are refused, none are scored', () => {
  const all = rows(75, 10);
  expect(() => scorer.score({ ...all, width: 7 })).toThrow(/rows have 7 features/);
  expect(scorer.score({ ...all, rows: 0 }).combined).toEqual([]);
  expect(() => scorer.score(all).put(10)).toThrow(/no row 10/);
});

test('a model that says no number says nothing', () => {
  const autoencoder = { name: 'autoencoder' as const, files: () => new Map(), score: () => Float64Array.of(NaN, -3) };
  const broken = new LearnedScorer({ ...models, autoencoder });
  const { scores, put } = broken.score(rows(76, 2));
  expect([...(scores.get('autoencoder') ?? [])]).toEqual([0, 0]);
  expect(() => learnedScoreSchema.parse(put(0))).not.toThrow();
});
