import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory, scikitLearn } from '@plumbline/tools/peers';
import { areaUnderCurve, gaussianRows, matrixOf } from '../testing';
import { IsolationForest } from './isolation-forest';

const width = 25;
const columns = Array.from({ length: width }, (_, i) => i);

/** Rows of which the last tenth is shifted in each column, little: so that the area is neither 0.5 nor 1. */
const scored = (seed: number) => gaussianRows(seed, 1000, width, 100, 0.7);

/** Scores of scikit-learn's forest, learnt from the same rows, in the form 0 to 1 of the paper. */
const fit = `
import sys, numpy as np
from sklearn.ensemble import IsolationForest
train = np.fromfile('train.f32', '<f4').reshape(-1, ${width})
test = np.fromfile('test.f32', '<f4').reshape(-1, ${width})
forest = IsolationForest(n_estimators=int(sys.argv[2]), max_samples=256, random_state=int(sys.argv[1])).fit(train)
print(' '.join(repr(float(s)) for s in -forest.score_samples(test)))
`;

/** Reads our bytes by their description and walks each tree row by row. */
const evaluate = `
import struct, numpy as np
b = open('forest.bin', 'rb').read()
assert b[:8] == b'PLFOREST'
schema, trees, subsample, depth, looked = struct.unpack_from('<5I', b, 8)
at = 28
columns = np.frombuffer(b, '<u2', looked, at); at += 2 * looked
nodes, leaves = 2 ** depth - 1, 2 ** depth
threshold = np.frombuffer(b, '<f8', trees * nodes, at).reshape(trees, nodes); at += 8 * trees * nodes
length = np.frombuffer(b, '<f8', trees * leaves, at).reshape(trees, leaves); at += 8 * trees * leaves
column = np.frombuffer(b, '<u2', trees * nodes, at).reshape(trees, nodes); at += 2 * trees * nodes
assert at == len(b)
x = np.fromfile('test.f32', '<f4').reshape(-1, ${width})[:, columns]
both = np.concatenate([x, -x], axis=1)
total = np.zeros(len(x))
for t in range(trees):
    node = np.zeros(len(x), dtype=int)
    for _ in range(depth):
        right = both[np.arange(len(x)), column[t][node]] > threshold[t][node]
        node = 2 * node + np.where(right, 2, 1)
    total += length[t][node - nodes]
n = subsample
c = 2 * (np.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n
print(' '.join(repr(float(s)) for s in 2.0 ** (-(total / trees) / c)))
`;

const numbers = (text: string): number[] => text.trim().split(' ').map(Number);

/** Spearman's correlation, of scores that do not tie. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]): number[] => {
    const order = values.map((_, i) => i).sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
    const rank = new Array<number>(values.length);
    for (const [at, i] of order.entries()) rank[i] = at;
    return rank;
  };
  const [p, q] = [ranks(a), ranks(b)];
  const squares = p.reduce((sum, rank, i) => sum + (rank - (q[i] ?? 0)) ** 2, 0);
  return 1 - (6 * squares) / (a.length * (a.length ** 2 - 1));
}

const area = (scores: readonly number[]): number => areaUnderCurve(scores.slice(0, 900), scores.slice(900));

/** Area of ours less that of theirs, by seed. */
const differences: number[] = [];

describe.each([1, 2, 3, 4, 5])('seed %d', (seed) => {
  const train = matrixOf(gaussianRows(100 + seed, 4000, width));
  const test200 = matrixOf(scored(200 + seed));
  // More trees than usual: what is compared is the method and not the luck of a hundred of them.
  const forest = IsolationForest.train(train, columns, { seed, trees: 500 });
  const ours = [...forest.score(test200)];
  let directory = '';

  beforeAll(async () => {
    directory = await dataDirectory('forest');
    const bytes = ({ values }: { values: Float32Array }) =>
      Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    await writeFile(join(directory, 'train.f32'), bytes(train));
    await writeFile(join(directory, 'test.f32'), bytes(test200));
    await writeFile(join(directory, 'forest.bin'), forest.encode());
  });

  it('ranks rows as scikit-learn does, as nearly as two of its own forests agree', async () => {
    const run = async (random: number) =>
      numbers((await scikitLearn(['-c', fit, String(random), '500'], { cwd: directory })).stdout);
    const [theirs, another] = [await run(seed), await run(seed + 1000)];
    const among = rankCorrelation(theirs, another);
    expect(among).toBeGreaterThan(0.9);
    expect(rankCorrelation(ours, theirs)).toBeGreaterThan(among - 0.03);
    // Two forests differ by about 0.01, whoever grows them; what they differ by on average is looked at below.
    expect(Math.abs(area(ours) - area(theirs))).toBeLessThan(0.04);
    differences.push(area(ours) - (area(theirs) + area(another)) / 2);
    expect(area(theirs)).toBeLessThan(0.995);
    const mean = (scores: readonly number[]): number => scores.reduce((sum, s) => sum + s, 0) / scores.length;
    expect(Math.abs(mean(ours) - mean(theirs))).toBeLessThan(0.01);
  });

  it('gives the scores that NumPy computes from the bytes', async () => {
    const theirs = numbers((await scikitLearn(['-c', evaluate], { cwd: directory })).stdout);
    expect(theirs.length).toBe(ours.length);
    expect(Math.max(...ours.map((score, i) => Math.abs(score - (theirs[i] ?? NaN))))).toBeLessThan(1e-9);
  });
});

it('tells unusual rows apart as well as scikit-learn on average', () => {
  expect(differences.length).toBeGreaterThanOrEqual(5);
  expect(Math.abs(differences.reduce((sum, each) => sum + each, 0) / differences.length)).toBeLessThan(0.01);
});
