import fc from 'fast-check';
import { addLabel, flatLabels, labelsOf, mergeLabels, mostLabels, type LabelKind, type Labels } from './labels';
import { emptyTable, mergeTable, serviceRow } from './stats';
import { statsTableFromJson, statsTableSchema, statsTableToJson } from './stats-json';

const once = { traces: 1, failing: 0, slow: 0 };
const label = fc.tuple(
  fc.constantFrom<LabelKind>('version', 'pod', 'node'),
  fc.string({ minLength: 1, maxLength: 3 }),
  fc.integer({ min: 0, max: 5 }),
);

function labelsFrom(each: readonly (readonly [LabelKind, string, number])[]): Labels {
  const labels: Labels = new Map();
  for (const [kind, text, slow] of each) addLabel(labels, kind, text, { ...once, slow });
  return labels;
}

function merged(...all: readonly Labels[]): Labels {
  const sum: Labels = new Map();
  for (const labels of all) mergeLabels(sum, labels);
  return sum;
}

const pods = (from: number, through: number): Labels =>
  labelsFrom(Array.from({ length: through - from + 1 }, (_, i) => ['pod', `payment-${from + i}`, 0] as const));

describe('labels of a service', () => {
  test('add up to the same in whatever order tables are added', () => {
    fc.assert(
      fc.property(fc.array(label), fc.array(label), fc.array(label), (a, b, c) => {
        const [x, y, z] = [labelsFrom(a), labelsFrom(b), labelsFrom(c)];
        expect(flatLabels(merged(z, x, y))).toEqual(flatLabels(labelsFrom([...a, ...b, ...c])));
      }),
    );
  });

  test('disappear when a revision takes them back', () => {
    fc.assert(
      fc.property(fc.array(label, { maxLength: mostLabels }), (each) => {
        const labels = labelsFrom(each);
        mergeLabels(labels, labelsFrom(each), -1);
        expect(flatLabels(labels)).toEqual([]);
      }),
    );
  });

  test('of a kind are told apart up to a number, and not told at all beyond it', () => {
    expect(labelsOf(pods(1, mostLabels), 'pod')?.size).toBe(mostLabels);
    expect(labelsOf(pods(1, mostLabels + 1), 'pod')).toBeUndefined();
    expect(flatLabels(pods(1, 10_000))).toHaveLength(1);
  });

  test('of one kind do not crowd out another', () => {
    const labels = merged(pods(1, 1000), labelsFrom([['version', '1.4.2', 1]]));
    expect([...(labelsOf(labels, 'version') ?? [])]).toEqual([['1.4.2', { traces: 1, failing: 0, slow: 1 }]]);
  });

  test('that are too many together are given up in whatever order they came', () => {
    const [a, b, c] = [pods(1, 40), pods(30, 70), pods(1, 3)];
    const orders = [merged(a, b, c), merged(c, b, a), merged(merged(b, c), a), merged(a, merged(b, c))];
    for (const labels of orders) expect(labelsOf(labels, 'pod')).toBeUndefined();
    expect(new Set(orders.map((labels) => JSON.stringify(flatLabels(labels)))).size).toBe(1);
  });

  test('are none where spans name none', () => {
    expect(labelsOf(undefined, 'pod')).toEqual(new Map());
    expect(labelsOf(new Map(), 'version')).toEqual(new Map());
  });
});

describe('labels in a table', () => {
  const table = emptyTable();
  const named = labelsFrom([
    ['version', '1.4.2', 3],
    ['pod', 'a b', 0],
  ]);
  mergeLabels(serviceRow(table, 'default///payment').labels, named);

  test('come back from its JSON', () => {
    const again = statsTableFromJson(statsTableSchema.parse(JSON.parse(JSON.stringify(statsTableToJson(table)))));
    expect(again.services).toEqual(table.services);
  });

  test('come back as too many where they were', () => {
    const crowded = emptyTable();
    mergeLabels(serviceRow(crowded, 'default///payment').labels, pods(1, 500));
    const again = statsTableFromJson(statsTableSchema.parse(statsTableToJson(crowded)));
    expect(labelsOf(again.services.get('default///payment')?.labels, 'pod')).toBeUndefined();
  });

  test('are merged with it, and never shared', () => {
    const sum = emptyTable();
    mergeTable(sum, table);
    mergeTable(sum, table);
    expect(labelsOf(sum.services.get('default///payment')?.labels, 'version')?.get('1.4.2')?.slow).toBe(6);
    expect(labelsOf(table.services.get('default///payment')?.labels, 'version')?.get('1.4.2')?.slow).toBe(3);
  });

  test('are empty in records of an earlier version, which have none, nor weights', () => {
    const json = statsTableToJson(table);
    const { weight: _weight, squaredWeight: _squared, ...blindness } = json.blindness;
    const services = json.services.map(({ labels: _labels, ...row }) => row);
    const old = statsTableFromJson(statsTableSchema.parse({ ...json, services, blindness }));
    expect(old.services.get('default///payment')?.labels).toEqual(new Map());
    expect([old.blindness.weight, old.blindness.squaredWeight]).toEqual([0, 0]);
  });
});
