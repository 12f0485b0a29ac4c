import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measured } from '../../constructs/sizing';
import { factorsOf } from './factors';
import { sizingFile, sizingSchema } from './result';

const read = () => sizingSchema.parse(JSON.parse(readFileSync(join(__dirname, '..', '..', sizingFile), 'utf8')));

describe('The factors that sizes are computed from', () => {
  it('are those of the committed measurement', () => {
    expect(measured).toEqual(factorsOf(read()));
  });

  it('follow from the higher rate, where batches are full', () => {
    const result = read();
    const [low, high] = result.spans;
    if (low === undefined || high === undefined) throw new RangeError('two rates were measured');
    const doubled = { ...high, cpuSecondsPerMillion: { ...high.cpuSecondsPerMillion, tempo: 1_000 } };
    expect(factorsOf({ ...result, spans: [low, doubled] }).spans.tempo.cpuSecondsPerMillion).toBe(1_000);
    expect(high.perSecond).toBeGreaterThan(low.perSecond);
  });
});
