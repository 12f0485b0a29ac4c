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

describe('what is rendered', () => {
  it('has the thesis environment', () => {
    expect(environments).toContain('thesis');
  });

  for (const environment of environments) {
    it(`keeps every invariant in ${environment}`, () => {
      const objects = readEnvironment(join(dist, environment));
      expect(objects).not.toEqual([]);
      expect(checkAll(objects, definitions).map(describeViolation)).toEqual([]);
    });
  }
});

describe('the thesis environment', () => {
  it('fits a node of 4 CPUs and 8 GiB beside the system, and claims at most 20 GiB', () => {
    const { cpu, memory, storage } = sumResources(readEnvironment(join(dist, 'thesis')));
    expect(cpu).toBeLessThanOrEqual(3.2);
    expect(memory).toBeLessThanOrEqual(6.5 * gibi);
    expect(storage).toBeLessThanOrEqual(20 * gibi);
  });
});
