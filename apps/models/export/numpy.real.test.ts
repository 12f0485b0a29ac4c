import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { scikitLearn } from '@plumbline/tools/peers';
import { Autoencoder } from '../autoencoder';
import { factorRows } from '../autoencoder/testing';

describe('NumPy', () => {
  it('computes from the stored files the scores that we give', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plumbline-numpy-'));
    const { autoencoder } = await Autoencoder.train(factorRows(2_000, 1), { epochs: 10, learningRate: 0.01 });
    const features = factorRows(500, 2, 'swapped');
    features.values.set([1e9, -Infinity, Infinity, 5, 5, 5, 5, 5, 5, 5, 5, 3]);
    features.values.fill(NaN, 12, 24);
    for (const [name, bytes] of autoencoder.files()) await writeFile(join(folder, basename(name)), bytes);
    await writeFile(join(folder, 'rows.bin'), new Uint8Array(features.values.buffer));

    const { stdout } = await scikitLearn([join(__dirname, 'scores.py'), folder]);
    const theirs = JSON.parse(stdout) as readonly number[];
    const ours = autoencoder.score(features);
    expect(theirs).toHaveLength(500);
    const apart = [...ours].map((score, row) => Math.abs(score - (theirs[row] ?? NaN)) / Math.max(1, score));
    expect(Math.max(...apart)).toBeLessThan(1e-5);
    expect(Math.max(...ours)).toBeGreaterThan(1);
    await rm(folder, { recursive: true });
  });
});
