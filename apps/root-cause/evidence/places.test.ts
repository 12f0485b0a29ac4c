import { addLabel, type LabelKind, type Labels } from '@plumbline/wire';
import { placesOf } from './places';

const payment = 'default///payment';

interface Place {
  readonly traces: number;
  readonly slow?: number;
  readonly failing?: number;
}

function labelsOf(kind: LabelKind, places: Readonly<Record<string, Place>>, labels: Labels = new Map()): Labels {
  for (const [text, { traces, slow = 0, failing = 0 }] of Object.entries(places)) {
    addLabel(labels, kind, text, { traces, slow, failing });
  }
  return labels;
}

const sentences = (labels: Labels): string[] => placesOf(payment, labels).map(({ sentence }) => sentence);
const calm = { traces: 30, slow: 1 };

describe('where the slow requests of a service are', () => {
  test('is told when they are on one pod of several', () => {
    const pods = { 'payment-a': { traces: 30, slow: 30 }, 'payment-b': { traces: 30 }, 'payment-c': { traces: 60 } };
    const [evidence] = placesOf(payment, labelsOf('pod', pods));
    expect(evidence?.sentence).toBe(
      'All of the slow requests of payment are on pod payment-a, 1 of 3, which has 25 % of its requests (30 slow).',
    );
    expect(evidence).toMatchObject({ kind: 'one-pod', source: 'traces', before: 0.25, now: 1, spans: 30 });
  });

  test('is told with the share where others are slow now and then', () => {
    const pods = { a: { traces: 30, slow: 27 }, b: calm, c: calm, d: calm };
    expect(sentences(labelsOf('pod', pods))).toEqual([
      '90 % of the slow requests of payment are on pod a, 1 of 4, which has 25 % of its requests (30 slow).',
    ]);
  });

  test('is nowhere when all pods are slow, however unevenly they are used', () => {
    const pods = { a: { traces: 300, slow: 270 }, b: { traces: 30, slow: 28 }, c: { traces: 3, slow: 3 } };
    expect(sentences(labelsOf('pod', pods))).toEqual([]);
  });

  test('is nowhere when it may be chance', () => {
    expect(sentences(labelsOf('pod', { a: { traces: 30, slow: 6 }, b: { traces: 30 } }))).toEqual([]);
    expect(sentences(labelsOf('pod', { a: { traces: 10, slow: 4 }, b: { traces: 90 } }))).toEqual([]);
    expect(sentences(labelsOf('pod', { a: { traces: 10, slow: 8 }, b: { traces: 90 } }))).toHaveLength(1);
  });

  test('is nowhere when nearly all requests are there', () => {
    expect(sentences(labelsOf('pod', { a: { traces: 940, slow: 900 }, b: { traces: 60 } }))).toEqual([]);
    expect(sentences(labelsOf('pod', { a: { traces: 690, slow: 600 }, b: { traces: 310 } }))).toHaveLength(1);
  });

  test('is nowhere where there is one pod, or none is named, or too many are', () => {
    expect(sentences(labelsOf('pod', { a: { traces: 30, slow: 30 } }))).toEqual([]);
    expect(placesOf(payment, undefined)).toEqual([]);
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`p${i}`, { traces: 9, slow: i === 0 ? 9 : 0 }]),
    );
    expect(sentences(labelsOf('pod', many))).toEqual([]);
  });

  test('is told of failures as well, whichever says more', () => {
    const pods = { a: { traces: 30, failing: 25, slow: 1 }, b: { traces: 30, slow: 1 }, c: { traces: 30 } };
    expect(sentences(labelsOf('pod', pods))[0]).toMatch(/^All of the failing requests of payment are on pod a, 1 of 3/);
  });

  test('is a node only where it is no single pod', () => {
    const node = { n1: { traces: 60, slow: 60 }, n2: { traces: 60 } };
    const two = { a: { traces: 30, slow: 30 }, b: { traces: 30, slow: 30 }, c: { traces: 30 }, d: { traces: 30 } };
    expect(placesOf(payment, labelsOf('pod', two, labelsOf('node', node))).map(({ kind }) => kind)).toEqual([
      'one-node',
    ]);
    const one = { a: { traces: 60, slow: 60 }, b: { traces: 60 } };
    expect(placesOf(payment, labelsOf('pod', one, labelsOf('node', node))).map(({ kind }) => kind)).toEqual([
      'one-pod',
    ]);
  });

  test('is a version beside it, as of one pod that is new', () => {
    const pods = labelsOf('pod', { a: { traces: 30, slow: 30 }, b: { traces: 90 } });
    const both = labelsOf('version', { '1.4.2': { traces: 30, slow: 30 }, '1.4.1': { traces: 90 } }, pods);
    expect(placesOf(payment, both).map(({ kind }) => kind)).toEqual(['one-pod', 'one-version']);
  });

  test('does not count what was taken back', () => {
    const labels = labelsOf('pod', { a: { traces: 30, slow: 30 }, b: { traces: 90 } });
    addLabel(labels, 'pod', 'a', { traces: 30, slow: 30, failing: 0 }, -1);
    expect(sentences(labels)).toEqual([]);
  });
});
