import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sumResources } from '../constructs/invariants';
import { renderApp, violationsOf } from '../constructs/testing';
import { platform } from '../main';
import { enterpriseSizes } from './enterprise-sizes';
import { sizingExceptions } from './sizing/exceptions';
import { mostSpans, shortfallsOf } from './sizing/fit';
import { givenTo } from './sizing/given';
import { loads, type SizedName } from './sizing/loads';
import { sizingPage } from './sizing/page';
import { compared, isWithin, sourceTables } from './sizing/sources';
import { renderedOf, stackOf } from './sizing/stack';
import { explanationOf, explanations } from './sizing/why';
import { thesis } from './thesis';

const names = Object.keys(loads) as SizedName[];
const gibi = 2 ** 30;

describe('What an environment is given', () => {
  it.each(names)('is what its stated load needs, or explained: %s', (name) => {
    const found = shortfallsOf(renderedOf(name), loads[name].load).map(
      ({ component, quantity }) => `${component} ${quantity}`,
    );
    const explained = sizingExceptions
      .filter(({ of }) => of.includes(name))
      .flatMap(({ component, quantities }) => quantities.map((quantity) => `${component} ${quantity}`));
    expect([...found].sort()).toEqual(explained.sort());
  });

  it('is found to be too little as soon as more comes, or less is given', () => {
    const { load } = loads['enterprise medium'];
    const objects = renderedOf('enterprise medium');
    expect(shortfallsOf(objects, load)).toEqual([]);
    expect(shortfallsOf(objects, { ...load, samplesPerSecond: 40_000 })).toContainEqual(
      expect.objectContaining({ component: 'prometheus', quantity: 'diskBytes' }),
    );
    expect(shortfallsOf(renderedOf('enterprise small'), load).map(({ component }) => component)).toContain('objects');
    const most = mostSpans(objects, load);
    expect(most).toBeGreaterThan(load.spansPerSecond);
    expect(shortfallsOf(objects, { ...load, spansPerSecond: most + 1 })).not.toEqual([]);
  });

  it('counts every pod that an autoscaler may add, limits of memory, and claims', () => {
    const objects = renderedOf('size minimal');
    expect(givenTo(objects, 'otel-ingestor')).toEqual({
      cores: 5 * 0.08,
      memoryBytes: 5 * 192 * 2 ** 20,
      diskBytes: 0,
    });
    expect(givenTo(objects, 'otel-aggregator')?.diskBytes).toBe(2 * 4 * gibi);
    expect(givenTo(objects, 'nobody')).toBeUndefined();
  });
});

describe('Figures of the documents', () => {
  const figures = sourceTables.flatMap(compared);

  it('are near ours, or it is said why not', () => {
    expect(figures.length).toBeGreaterThan(40);
    expect(figures.filter((each) => !isWithin(each) && explanationOf(each) === undefined)).toEqual([]);
  });

  it('are all of 001 for CPU near ours: what it was measured against is not what it was made of', () => {
    const of001 = figures.filter(({ table, figure }) => table.startsWith('001') && figure === 'cores');
    expect(of001).toHaveLength(3);
    expect(of001.filter((each) => !isWithin(each))).toEqual([]);
  });

  it('are explained only where they are not near', () => {
    const used = new Set(figures.filter((each) => !isWithin(each)).map(explanationOf));
    expect(explanations.filter((each) => !used.has(each))).toEqual([]);
  });

  it('of 002 for metrics are for a tenth of what it says, by Mimir’s own page', () => {
    const cores = figures.find(
      ({ table, component, figure }) => table.startsWith('002') && component === 'mimir' && figure === 'cores',
    );
    expect((cores?.ours ?? 0) / (cores?.theirs ?? 1)).toBeGreaterThan(10);
  });
});

describe('The page of sizes', () => {
  it('is what is generated: run `npm run docs`', () => {
    expect(readFileSync(join(__dirname, '..', 'docs', 'reference', 'sizing.md'), 'utf8')).toBe(sizingPage());
  });
});

describe.each(Object.entries(enterpriseSizes))('004’s environment of the size %s', (name, size) => {
  const app = stackOf(size);
  const objects = renderApp(app);

  it('is one that stands', () => {
    expect(violationsOf(app)).toEqual([]);
  });

  it('adds up to what it says, with every collector that its autoscaler may add', () => {
    const { cpu, memory, storage } = sumResources(objects);
    const { cores: least = 0, memoryBytes = 0 } = givenTo(objects, 'otel-ingestor') ?? {};
    // Of five collectors two are there at first.
    const [cores, bytes] = [cpu + (least * 3) / 5, memory + (memoryBytes * 3) / 5];
    expect(cores).toBeLessThanOrEqual(size.needs.cores);
    expect(cores).toBeGreaterThan(size.needs.cores * 0.8);
    expect(bytes / gibi).toBeLessThanOrEqual(size.needs.memory.toGibibytes());
    expect(bytes / gibi).toBeGreaterThan(size.needs.memory.toGibibytes() * 0.8);
    expect(storage / gibi).toBeLessThanOrEqual(size.needs.storage.toGibibytes());
    expect(storage / gibi).toBeGreaterThan(size.needs.storage.toGibibytes() * 0.9);
  });

  it('has the figures of 004 where it has any', () => {
    const table = sourceTables.find(({ title }) => title === `004, ${name}`);
    const { grafana, prometheus, logs: loki, tempo } = size;
    const parts = { grafana, prometheus, loki, tempo };
    for (const { component, cores, memoryGiB } of table?.rows ?? []) {
      const { resources } = parts[component as keyof typeof parts];
      expect([component, resources]).toEqual([component, { cpu: String(cores), memory: `${memoryGiB}Gi` }]);
    }
    expect(table === undefined).toBe(name === 'small');
  });

  it('keeps what 004 keeps: metrics a month, lines and traces a week', () => {
    expect(size.prometheus.retention.toDays()).toBe(30);
    expect([size.logs.retention.toHours(), size.tempo.retention.toHours()]).toEqual([168, 168]);
  });

  it('is of parts that an environment takes, with a broker and the pipeline beside them', () => {
    const { needs: _, spansPerSecond: __, alerting: ___, nodes, ...parts } = size;
    const whole = platform({ ...thesis, name: 'sized', namespaces: {}, defaultNamespace: 'ao-os', ...parts });
    expect(violationsOf(whole)).toEqual([]);
    expect(nodes.resources.cpu).toMatch(/^\d+m$/);
  });
});
