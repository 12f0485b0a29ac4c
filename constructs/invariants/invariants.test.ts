import { breaks, brokenObjects, soundObjects } from './fixtures';
import { checkAll, describeViolation, invariants } from './index';

const table = invariants();

describe('a sound system', () => {
  const sound = soundObjects();

  it.each(table.map((each) => [each.id, each] as const))('keeps %s', (_id, invariant) => {
    expect(invariant.check(sound).map(describeViolation)).toEqual([]);
  });
});

describe.each(table.map((each) => [each.id, each] as const))('%s', (id, invariant) => {
  const own = breaks.filter((each) => each.invariant === id);

  it.each(own.map((each) => [each.title, each] as const))('notices %s', (_title, broken) => {
    const violations = invariant.check(brokenObjects(broken));
    expect(violations).toContainEqual(
      expect.objectContaining({
        invariant: id,
        object: broken.names ?? broken.at,
        path: expect.stringMatching(new RegExp(`^${escape(broken.path ?? '')}`)) as string,
      }),
    );
  });

  it('has a fixture that breaks it', () => {
    expect(own).not.toHaveLength(0);
  });
});

describe('the table of invariants', () => {
  it('has one entry for each id', () => {
    const ids = table.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is what every fixture refers to', () => {
    const ids = table.map(({ id }) => id);
    expect(breaks.filter(({ invariant }) => !ids.includes(invariant))).toEqual([]);
  });

  it('reports malformed objects alone, since the others rely on their types', () => {
    const objects = [
      ...soundObjects(),
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x', namespace: 'shop' }, spec: { template: 7 } },
    ];
    const found = checkAll(objects);
    expect(found.map(({ invariant }) => invariant)).toContain('schema');
    expect(new Set(found.map(({ object }) => object))).toEqual(new Set(['Deployment shop/x']));
  });

  it('prints a violation as object, path, what is wrong and the invariant', () => {
    const [first] = breaks
      .filter(({ title }) => title === 'the tag latest')
      .flatMap((each) => checkAll(brokenObjects(each)));
    expect(first && describeViolation(first)).toBe(
      'Deployment shop/frontend: spec.template.spec.containers[0].image: ' +
        'registry.example.org/shop/frontend:latest says latest [images-pinned]',
    );
  });
});

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
