import type { Activation, ServedChallenger, ServedVersion } from '../registry/served';
import { servedAt } from '../registry/served';
import { segmentsOf, wantedVersions } from './segments';

const versionOf = (version: string, effectiveFromMs: number): ServedVersion => ({
  version,
  source: `s3://ml-models/trace-anomaly/version_${version}/`,
  manifestSha256: 'ab'.repeat(32),
  featureSchema: 'cd'.repeat(32),
  profile: 'p',
  decides: true,
  effectiveFromMs,
});
const champion = (...versions: readonly (string | undefined)[]): Activation[] =>
  versions.map((version, i) => ({
    effectiveFromMs: 10 * i,
    ...(version !== undefined && { version: versionOf(version, 10 * i) }),
  }));
const loadedOf = (...names: readonly string[]) => new Map(names.map((version) => [version, { version }]));
const championsOf = (timeline: readonly Activation[], loaded: ReadonlyMap<string, { readonly version: string }>) =>
  segmentsOf({ timeline: { champion: timeline, challenger: [] } }, loaded).map(
    ({ serving }) => serving.champion?.version,
  );

describe('who serves when', () => {
  test('is as the registry says where all could be loaded', () => {
    const challenger: Activation<ServedChallenger>[] = [
      { effectiveFromMs: 5, version: { ...versionOf('c', 5), share: 0.1 } },
      { effectiveFromMs: 15 },
    ];
    const timeline = { champion: champion('a', 'b', undefined), challenger };
    const segments = segmentsOf({ timeline }, loadedOf('a', 'b', 'c'));
    expect(segments.map(({ fromMs }) => fromMs)).toEqual([0, 5, 10, 15, 20]);
    for (const { fromMs, serving } of segments) {
      const served = servedAt({ timeline }, fromMs);
      expect(serving.champion?.version).toBe(served.champion?.version);
      expect(serving.challenger?.version).toBe(served.challenger?.version);
    }
    expect(segments.map(({ serving }) => serving.share)).toEqual([0, 0.1, 0.1, 0, 0]);
  });

  test('is the champion before where one could not be loaded, also over a roll-back', () => {
    expect(championsOf(champion('a', 'b', 'c'), loadedOf('a', 'c'))).toEqual(['a', 'a', 'c']);
    expect(championsOf(champion('a', undefined, 'c'), loadedOf('a'))).toEqual(['a', undefined, undefined]);
  });

  test('is nobody at times so long ago that their champion is not kept', () => {
    const timeline = champion('a', 'b', 'c', 'd', 'e', 'f', 'a', 'g');
    const wanted = wantedVersions({ timeline: { champion: timeline, challenger: [] } }).map(({ version }) => version);
    expect(wanted).toEqual(['g', 'a', 'f', 'e', 'd', 'c']);
    expect(championsOf(timeline, loadedOf(...wanted))).toEqual(['a', undefined, 'c', 'd', 'e', 'f', 'a', 'g']);
  });
});
