import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { openVersion, readVerdicts, reckonLearned } from './learned';
import { formatLearned } from './learned-report';

const folder = join(__dirname, '../../models/serving/fixtures/0.1.0');
const bucket = join(folder, 'ml-models');

describe('a verdict of learned models', () => {
  it.each([
    ['the bucket', () => bucket],
    ['its folder', (version: string) => join(bucket, 'trace-anomaly', `version_${version}`)],
  ])('recomputes from the version in %s to within a millionth, and says so of each model', async (_, placeOf) => {
    const [verdict] = await readVerdicts(join(folder, 'verdicts.jsonl'));
    const learned = verdict?.learned;
    if (verdict === undefined || learned === undefined) throw new RangeError('the fixture has a verdict');
    const models = await openVersion(placeOf(learned.version), learned.version, {});
    const reckoning = reckonLearned(learned, models);
    expect(reckoning.difference).toBeLessThan(1e-6);
    const text = stripVTControlCharacters(formatLearned(verdict, learned, reckoning, models.combination.alarmRate));
    for (const [name, p] of Object.entries(learned.p)) {
      expect(text).toMatch(new RegExp(`${name} .*${String(Number(p.toPrecision(5)))}`));
    }
    expect(text).toContain('It is what was published to within');
    models.autoencoder?.dispose?.();
  });

  it('that was changed differs', async () => {
    const [verdict] = await readVerdicts(join(folder, 'verdicts.jsonl'));
    const learned = verdict?.learned;
    if (learned === undefined) throw new RangeError('the fixture has a verdict');
    const models = await openVersion(bucket, learned.version, {});
    const [first, ...rest] = learned.features;
    expect(reckonLearned({ ...learned, combinedP: learned.combinedP / 2 }, models).difference).toBeGreaterThan(1e-6);
    expect(reckonLearned({ ...learned, exceeds: !learned.exceeds }, models).difference).toBe(Infinity);
    const moved = first === undefined ? [] : [[first[0], first[1] + 3] as [number, number], ...rest];
    expect(reckonLearned({ ...learned, features: moved }, models).difference).toBeGreaterThan(1e-6);
    models.autoencoder?.dispose?.();
  });

  it('is refused where the models are not there, or it is none', async () => {
    await expect(openVersion(folder, '000001-000000000000', {})).rejects.toThrow(/there is no object/);
    await expect(readVerdicts(join(bucket, 'trace-anomaly/registry.json'))).rejects.toThrow(/no verdict/);
    await expect(readVerdicts(join(folder, 'nothing.json'))).rejects.toThrow(/nothing.json/);
  });
});
