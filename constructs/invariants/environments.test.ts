import { existsSync } from 'node:fs';
import { join } from 'node:path';

import {
  checkAll,
  describeViolation,
  readDefinitions,
  readEnvironment,
  renderedEnvironments,
  sumResources,
} from './index';

const root = join(__dirname, '..', '..');
const dist = join(root, 'dist');
const environments = renderedEnvironments(dist);
const definitions = readDefinitions(join(root, 'imports', 'crds'));
const gibi = 2 ** 30;

// The app and what it renders are committed together.
(existsSync(join(root, 'main.ts')) || existsSync(dist) ? describe : describe.skip)('what is rendered', () => {
  it('has environments', () => {
    expect(environments).not.toEqual([]);
  });

  for (const environment of environments) {
    it(`keeps every invariant in ${environment}`, () => {
      const objects = readEnvironment(join(dist, environment));
      expect(objects).not.toEqual([]);
      expect(checkAll(objects, definitions).map(describeViolation)).toEqual([]);
    });
  }
});

(environments.includes('thesis') ? describe : describe.skip)('the thesis environment', () => {
  it('fits a node of 4 CPUs and 8 GiB beside the system, and claims at most 20 GiB', () => {
    const { cpu, memory, storage } = sumResources(readEnvironment(join(dist, 'thesis')));
    expect(cpu).toBeLessThanOrEqual(3.2);
    expect(memory).toBeLessThanOrEqual(6.5 * gibi);
    expect(storage).toBeLessThanOrEqual(20 * gibi);
  });
});
