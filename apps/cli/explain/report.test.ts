import { defaultModel, rankFeatures, reckon, type FeatureVector } from '@plumbline/root-cause';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { stripVTControlCharacters } from 'node:util';
import { publishedRanking } from '../../root-cause/reckoning';
import { formatReckoning } from './report';

/** How the confidence of one service with such features is told. */
function told(vector: FeatureVector): string {
  const features = new Map([['default///payment', { vector, facts: [] }]]);
  const incident = exampleIncident(publishedRanking(rankFeatures(features), defaultModel));
  return stripVTControlCharacters(formatReckoning(incident, reckon(incident, defaultModel), defaultModel));
}

describe('a verdict that is explained', () => {
  it('shows each part as what was measured times its weight, damped by the share of the time', () => {
    const text = told({ self: 6, share: 0.5, failing: 1 });
    expect(text).toContain('4.5  self = 6 × 1 × (0.5 + 0.5 × share 0.5)');
    expect(text).toContain('1  behaviour = failing 1 × 1');
  });

  it.each(['failing', 'lacking', 'answers'] as const)('names the behaviour that says most: %s', (name) => {
    expect(told({ failing: 1, lacking: 1, answers: 1, [name]: 7 })).toContain(`7  behaviour = ${name} 7 × 1`);
  });

  it('adds up to the confidence that was published', () => {
    const [odds, unknown] = [Math.expm1(6 / 2), Math.expm1(4 / 2)];
    const text = told({ failing: 6 });
    expect(text).toContain(`confidence ${((100 * odds) / (odds + unknown)).toFixed(1)} %`);
    expect(text).toContain('It is what was published to within');
  });
});
