import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import type * as main from '../main';
import type { Environment } from './environment';
import type * as index from './index';
import { environments } from './index';

/** Every file of every environment as a run of its own writes them, by path, with one value of the environment `changed` replaced. */
function renderAll(changed?: string): ReadonlyMap<string, string> {
  const outdir = mkdtempSync(join(tmpdir(), 'plumbline-isolation-'));
  try {
    // Whatever modules keep to themselves is made anew, and whoever takes values from the changed environment takes the changed one.
    jest.isolateModules(() => {
      if (changed !== undefined) jest.doMock(`./${changed}`, () => withOtherPartitions(changed));
      const loaded = {
        ...jest.requireActual<typeof index>('./index'),
        ...jest.requireActual<typeof main>('../main'),
      };
      for (const environment of loaded.environments) loaded.platform({ ...environment, outdir }).synth();
      if (changed !== undefined) jest.dontMock(`./${changed}`);
    });
    const paths = readdirSync(outdir, { recursive: true, encoding: 'utf8' });
    const files = paths.filter((path) => statSync(join(outdir, path)).isFile());
    return new Map(files.map((path) => [path, readFileSync(join(outdir, path), 'utf8')]));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function withOtherPartitions(name: string): Readonly<Record<string, Environment>> {
  const actual = jest.requireActual<Readonly<Record<string, Environment>>>(`./${name}`);
  const environment = actual[name];
  if (environment === undefined) throw new Error(`./${name} has no environment of its name`);
  const { pipeline } = environment;
  return { ...actual, [name]: { ...environment, pipeline: { ...pipeline, partitions: 11 } } };
}

describe('A value of one environment', () => {
  let before: ReadonlyMap<string, string>;
  beforeAll(() => {
    before = renderAll();
  });

  it('is looked for in the folders of all', () => {
    const folders = new Set(Array.from(before.keys(), (path) => path.split(sep)[0]));
    expect(Array.from(folders).sort()).toEqual(environments.map(({ name }) => name).sort());
    expect(before.size).toBeGreaterThan(20);
  });

  it.each(environments.map(({ name }) => name))('that is changed in %s changes no other folder', (name) => {
    const after = renderAll(name);
    const paths = Array.from(new Set([...before.keys(), ...after.keys()]));
    const differing = paths.filter((path) => before.get(path) !== after.get(path));
    expect(differing).toContain(join(name, 'streaming.k8s.yaml'));
    expect(differing.filter((path) => !path.startsWith(name + sep))).toEqual([]);
  });
});
