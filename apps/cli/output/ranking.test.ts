import { stripVTControlCharacters } from 'node:util';
import { formatRanking } from './ranking';

/** Without colours, which there are or not by where the tests run. */
const plain = (told: Parameters<typeof formatRanking>[0]): string => stripVTControlCharacters(formatRanking(told));

const evidence = (sentence: string) => ({
  kind: 'self-time',
  source: 'traces',
  service: 'default///payment',
  operation: 'POST',
  signal: 'self time p95',
  unit: 'ms' as const,
  before: 1,
  now: 2,
  spans: 3,
  weight: 1,
  sentence,
});
const told = { normalTraces: 200, abnormalTraces: 1 };

describe('a ranking for a terminal', () => {
  it('has services with their sentences, and the belief that it is none of them', () => {
    const text = plain({
      ...told,
      ranking: [
        { service: 'payment', confidence: 0.9, evidence: [evidence('It rose.')] },
        { service: 'web', key: 'default//b/web', confidence: 0.001, evidence: [] },
      ],
      unknown: 0.099,
    });
    expect(text.split('\n')).toEqual([
      ' 1. payment  90 %',
      '      It rose.',
      ' 2. default//b/web  <1 %',
      '    none of them  10 %',
    ]);
  });

  it('says so when nobody is likelier than somebody else', () => {
    const ranking = Array.from({ length: 12 }, (_, i) => ({ service: `s${i}`, confidence: 0.05, evidence: [] }));
    const lines = plain({ ...told, ranking, unknown: 0.4 }).split('\n');
    expect(lines[0]).toBe('No clear cause.');
    expect(lines.at(-2)).toBe('    and 2 more');
  });
});
