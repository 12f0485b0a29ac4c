import manifest from '../package.json';
import { imageReference, images } from './images';
import { version } from './version';

describe('The images table', () => {
  it('names every image whole, with a tag that says which, and its licence', () => {
    for (const image of Object.values(images)) {
      expect(imageReference(image)).toMatch(/^[a-z0-9.-]+\.[a-z]+\/[\w./-]+:v?\d+\.\d+\.\d+$/);
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
  it('may come from a mirror', () => {
    expect(imageReference(images.tempo, 'registry.example.org/mirror')).toBe(
      'registry.example.org/mirror/grafana/tempo:2.8.4',
    );
  });

  it('may be replaced whole, by tag or digest', () => {
    const digest = `example.org/tempo@sha256:${'0'.repeat(64)}`;
    expect(imageReference(images.tempo, 'ignored.example.org', digest)).toBe(digest);
    expect(() => imageReference(images.tempo, undefined, 'example.org/tempo')).toThrow('"example.org/tempo"');
  });
});
