import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { images, type Image } from './images';

interface Rule {
  readonly matchPackageNames: readonly string[];
  readonly versioning?: string;
}

interface Configuration {
  readonly customManagers: readonly {
    readonly managerFilePatterns: readonly string[];
    readonly matchStrings: readonly string[];
  }[];
  readonly packageRules: readonly Rule[];
}

const root = join(__dirname, '..');
const configuration = JSON.parse(readFileSync(join(root, '.github', 'renovate.json'), 'utf8')) as Configuration;
const [manager] = configuration.customManagers;
const others = Object.values<Image>(images).filter(({ builtHere }) => builtHere !== true);

/** What the configured expressions find in a text. */
function found(text: string): readonly string[] {
  return (manager?.matchStrings ?? []).flatMap((source) =>
    Array.from(
      text.matchAll(new RegExp(source, 'g')),
      ({ groups }) => `${groups?.depName ?? ''}:${groups?.currentValue ?? ''}`,
    ),
  );
}

describe('The configuration of updates', () => {
  it('is for the file of the table', () => {
    const pattern = manager?.managerFilePatterns[0] ?? '';
    expect(new RegExp(pattern.slice(1, -1)).test('constructs/images.ts')).toBe(true);
    expect(new RegExp(pattern.slice(1, -1)).test('constructs/images.test.ts')).toBe(false);
  });

  it('finds every image with its tag, but the one that is built here', () => {
    const text = readFileSync(join(root, 'constructs', 'images.ts'), 'utf8');
    expect(found(text).toSorted()).toEqual(others.map(({ repository, tag }) => `${repository}:${tag}`).toSorted());
  });

  it('does not find an entry that is written in another order', () => {
    expect(found(`{ tag: '1.0.0', repository: 'docker.io/library/shop' }`)).toEqual([]);
  });

  it('names images that there are, and schemes that their tags follow', () => {
    for (const { matchPackageNames, versioning } of configuration.packageRules)
      for (const name of matchPackageNames) {
        const image = others.find(({ repository }) => repository === name);
        expect(image).toBeDefined();
        if (versioning?.startsWith('regex:') === true)
          expect(image?.tag).toMatch(new RegExp(versioning.slice('regex:'.length)));
      }
  });
});
