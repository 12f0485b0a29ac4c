import { decodeIncident, encodeIncident } from '@plumbline/wire';
import { exampleIncident } from '../wire/incident.testing';
import { rankFeatures } from './rank';
import type { ServiceFeatures } from './ranking/features';
import { explain } from './explain';
import { emptyTable } from '@plumbline/wire';
import { defaultModel, modelOf, type RankingModel } from './ranking/model';
import type { Fact } from './signals/fact';
import { publishedRanking, reckon, ReckoningError } from './reckoning';

const features = (vector: ServiceFeatures['vector']): ServiceFeatures => ({ vector, facts: [] });
const observed = new Map([
  ['payment', features({ self: 6.123456789, inbound: 1.5, share: 1 })],
  ['checkout', features({ self: 0.3, outbound: 2.7, share: 0.37, failing: 1.1 })],
  ['gateway', features({ lacking: 0.25 })],
  ...Array.from({ length: 80 }, (_, i): [string, ServiceFeatures] => [
    `s${i}`,
    features(i % 2 === 0 ? {} : { self: i / 1000 }),
  ]),
]);

function incident(model: RankingModel = defaultModel) {
  const published = exampleIncident(publishedRanking(rankFeatures(observed, model), model));
  return decodeIncident(encodeIncident(published));
}

describe('a verdict computed again', () => {
  it.each([
    { name: 'the model of this version', model: defaultModel },
    {
      name: 'another one',
      model: {
        ...defaultModel,
        name: 'fitted/7',
        weights: { ...defaultModel.weights, self: 0.7, behaviour: 1.4 },
        withoutShare: 0.2,
        temperature: 1.3,
        unknown: 2.5,
        calibration: [
          [0.5, 0.4],
          [1, 0.9],
        ] as const,
      },
    },
  ])('is what was published, to within a millionth, by $name', ({ model }) => {
    const published = incident(model);
    const reckoning = reckon(published, model);
    expect(reckoning.difference).toBeLessThan(1e-6);
    expect(reckoning.services[0]).toMatchObject({ service: 'payment', features: { self: 6.123456789 } });
    expect(published.ranking).toHaveLength(43);
    expect(published.reckoning?.others?.services).toBe(40);
  });

  it('is computed with the calibration of its tenant, and says how many answers that is learnt from', () => {
    const tenants = {
      default: {
        answers: 41,
        calibration: [
          [0.5, 0.3],
          [1, 0.6],
        ] as const,
      },
    };
    const ranking = { ...defaultModel, tenants };
    const model = modelOf(ranking, 'default');
    const published = incident(model);
    expect(reckon(published, model).difference).toBeLessThan(1e-6);
    expect(reckon(published, modelOf(ranking, 'other')).difference).toBeGreaterThan(0.1);

    const said = (by: RankingModel) => {
      const fact: Fact = {
        ...{ kind: 'self-time', service: 'payment', operation: 'charge', signal: 'self time p95', unit: 'ms' },
        ...{ before: 1, now: 9, spans: 9, share: 1 },
      };
      const known = new Map([['payment', { vector: { self: 8, share: 1 }, facts: [fact] }]]);
      const [cause] = explain({
        ranking: rankFeatures(known, by),
        now: emptyTable(),
        before: emptyTable(),
        window: '',
        firstSeenMs: new Map(),
      });
      return cause;
    };
    const [plain, calibrated] = [said(defaultModel), said(model)];
    expect(plain).toMatchObject({ calibrated: false });
    expect(plain).not.toHaveProperty('computed');
    expect(calibrated).toMatchObject({ calibrated: true, answers: 41, computed: plain?.confidence });
    expect(calibrated?.confidence).toBeLessThan(0.6);
  });

  it('shows what each part adds', () => {
    const [payment] = reckon(incident(), defaultModel).services;
    expect(payment?.contributions).toMatchObject({ self: 6.123456789, inbound: 1.5, behaviour: 0 });
    expect(payment?.score).toBeCloseTo(7.623456789, 9);
  });

  it('differs where a number was changed', () => {
    const published = incident();
    const [first, ...others] = published.ranking;
    if (first === undefined) throw new Error('nobody was ranked');
    const forged = { ...published, ranking: [{ ...first, confidence: first.confidence - 0.01 }, ...others] };
    expect(reckon(forged, defaultModel).difference).toBeGreaterThan(0.009);
    const model = { ...defaultModel, temperature: 1 };
    expect(reckon(published, model).difference).toBeGreaterThan(1e-3);
  });

  it('is refused without features, and by another model', () => {
    const { reckoning: _, ...earlier } = exampleIncident();
    expect(() => reckon(earlier, defaultModel)).toThrow(ReckoningError);
    expect(() => reckon(earlier, defaultModel)).toThrow('carries no features');
    expect(() => reckon(incident(), { ...defaultModel, name: 'other' })).toThrow(
      'was ranked by model "rule/1", not by "other"',
    );
  });
});
