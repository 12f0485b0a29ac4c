import manifest from '../package.json';
import { InvalidPropError } from './core/errors';
import { imageReference, images } from './images';
import { version } from './version';

describe('The images table', () => {
  it('names every image whole, with a tag that says which, and its licence', () => {
    for (const image of Object.values(images)) {
      expect(imageReference(image)).toMatch(
        /^[a-z0-9.-]+\.[a-z]+\/[\w./-]+:v?\d+\.\d+(\.\d+|b\d+)?(-(alpine|trixie|full|distroless-libc|python3\.12|r\d+-ls\d+))?$/,
      );
      expect(image.licence).not.toBe('');
    }
  });

  it('says when a release line has ended', () => {
    expect(images.redpanda.endOfLife).toBe('2026-04-07');
    expect(images.grafana.endOfLife).toBe('past');
  });

  it('tags the workers with the version of the library', () => {
    expect(version).toBe(manifest.version);
    expect(images.workers.tag).toBe(version);
  });
});

describe('An image', () => {
  const team = { registry: 'registry.example.org:5000/team/' };
  const mirror = { imageRegistry: 'registry.example.org/mirror' };

  it('may come from a mirror', () => {
    expect(imageReference(images.tempo, mirror)).toBe('registry.example.org/mirror/grafana/tempo:2.8.4');
    expect(imageReference(images.workers, mirror)).toBe(
      `registry.example.org/mirror/plumbline-observability/plumbline-workers:${version}`,
    );
  });

  it('that is built here comes from the registry that an environment names, whatever mirror the others have', () => {
    const reference = `registry.example.org:5000/team/plumbline-workers:${version}`;
    expect(imageReference(images.workers, team)).toBe(reference);
    expect(imageReference(images.workers, { ...mirror, ...team })).toBe(reference);
    expect(imageReference(images.tempo, team)).toBe('docker.io/grafana/tempo:2.8.4');
  });

  it.each(['https://registry.example.org', 'registry.example.org/Team', '', 'registry.example.org/a:1'])(
    'does not come from "%s", which is no registry',
    (registry) => {
      expect(() => imageReference(images.workers, { registry })).toThrow(`registry is "${registry}"`);
      expect(() => imageReference(images.tempo, { imageRegistry: registry })).toThrow(InvalidPropError);
    },
  );

  it('may be replaced whole, by tag or digest', () => {
    const digest = `example.org/tempo@sha256:${'0'.repeat(64)}`;
    expect(imageReference(images.tempo, mirror, digest)).toBe(digest);
    expect(() => imageReference(images.tempo, {}, 'example.org/tempo')).toThrow('"example.org/tempo"');
  });
});
