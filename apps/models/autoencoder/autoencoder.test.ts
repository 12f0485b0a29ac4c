import { Autoencoder } from './autoencoder';
import { autoencoderFiles } from './artifacts';
import { AutoencoderError } from './errors';
import { tensorFlow } from './tensorflow';
import { factorRows, rowsOf } from './testing';
import type { TrainedEpoch } from './train';

const normal = factorRows(2_000, 1);
const unseen = factorRows(1_000, 2);

async function trained(epochs = 15, seed = 1): Promise<Autoencoder> {
  return (await Autoencoder.train(normal, { epochs, seed, learningRate: 0.01 })).autoencoder;
}

describe('An autoencoder', () => {
  let autoencoder: Autoencoder;
  beforeAll(async () => {
    autoencoder = await trained(30);
  });

  it('tells rows whose values do not go together, though each of them is usual', () => {
    const usual = autoencoder.score(unseen).sort();
    const swapped = autoencoder.score(factorRows(1_000, 3, 'swapped'));
    const threshold = usual[Math.floor(0.99 * usual.length)] ?? NaN;
    expect(swapped.filter((score) => score > threshold).length / swapped.length).toBeGreaterThan(0.8);
    expect(usual[0]).toBeGreaterThanOrEqual(0);
  });

  it('gives a row the same score whatever else is in the matrix', () => {
    const all = autoencoder.score(unseen);
    for (const row of [0, 1, 499, 999]) expect(autoencoder.score(rowsOf(unseen, row))[0]).toBe(all[row]);
    const many = { rows: 2_100, width: 12, values: new Float32Array(2_100 * 12) };
    for (let row = 0; row < many.rows; row += 1) many.values.set(rowsOf(unseen, row % 1_000).values, row * 12);
    const repeated = autoencoder.score(many);
    expect([...repeated].every((score, row) => score === all[row % 1_000])).toBe(true);
  });

  it('counts what is absent nowhere', () => {
    const absent = rowsOf(unseen, 0);
    absent.values.fill(NaN);
    expect([...autoencoder.score(absent)]).toEqual([0]);
    // Nothing was learnt of the last column, so whatever it says is not listened to.
    const once = rowsOf(unseen, 0);
    once.values[11] = 1_000;
    expect([...autoencoder.score(once)]).toEqual([...autoencoder.score(rowsOf(unseen, 0))]);
  });

  it('takes values that are out of all proportion, and no more seriously than far ones', () => {
    const [far, farther, endless] = [1e4, 1e30, Infinity].map((value) => {
      const row = rowsOf(unseen, 0);
      row.values[2] = value;
      return autoencoder.score(row)[0];
    });
    expect(far).toBeGreaterThan(1);
    expect([farther, endless]).toEqual([far, far]);
  });

  it('scores as before once it was stored and loaded', async () => {
    const loaded = await Autoencoder.load(autoencoder.files());
    expect([...loaded.score(unseen)]).toEqual([...autoencoder.score(unseen)]);
    expect(loaded.files()).toEqual(autoencoder.files());
    loaded.dispose();
  });

  it('is stored as TensorFlow.js itself reads it', async () => {
    const { core, layers } = await tensorFlow();
    const files = autoencoder.files();
    const model = JSON.parse(Buffer.from(files.get(autoencoderFiles.model) ?? []).toString()) as {
      modelTopology: object;
      weightsManifest: { weights: [] }[];
    };
    const bytes = files.get(autoencoderFiles.weights) ?? new Uint8Array();
    const network = await layers.loadLayersModel(
      core.io.fromMemory({
        modelTopology: model.modelTopology,
        weightSpecs: model.weightsManifest[0]?.weights ?? [],
        weightData: bytes.slice().buffer,
      }),
    );
    expect(network.inputs[0]?.shape).toEqual([null, 24]);
    expect(network.layers.map(({ outputShape }) => outputShape)).toEqual([6, 3, 6, 12].map((units) => [null, units]));
    network.dispose();
  });

  it('refuses rows of other columns', () => {
    const narrower = { rows: 1, width: 11, values: new Float32Array(11) };
    expect(() => autoencoder.score(narrower)).toThrow(AutoencoderError);
    expect(() => autoencoder.score(narrower)).toThrow('it takes 12 columns');
    expect(() => autoencoder.score({ rows: 2, width: 12, values: new Float32Array(12) })).toThrow(/2 rows/);
  });
});

describe('Training', () => {
  it('makes the same weights of the same seed, and others of another', async () => {
    const [first, again, other] = await Promise.all([trained(2), trained(2), trained(2, 9)]);
    expect(again.files()).toEqual(first.files());
    const weights = (each: Autoencoder) => each.files().get(autoencoderFiles.weights);
    expect(weights(other)).not.toEqual(weights(first));
  });

  it('stops when rows that it does not learn from get no better, and keeps the best weights', async () => {
    const noise = { rows: 250, width: 12, values: Float32Array.from({ length: 3_000 }, (_, at) => Math.sin(at ** 2)) };
    const told: TrainedEpoch[] = [];
    const options = {
      epochs: 500,
      patience: 2,
      learningRate: 0.03,
      onProgress: (epoch: TrainedEpoch) => told.push(epoch),
    };
    const { autoencoder, epochs } = await Autoencoder.train(noise, options);
    expect(told).toEqual(epochs);
    expect(epochs.length).toBeLessThan(500);
    const losses = epochs.map(({ heldBackLoss }) => heldBackLoss);
    expect(losses.indexOf(Math.min(...losses))).toBe(losses.length - 3);
    // The weights of that epoch are those that it ends with when it is the last one.
    const shorter = await Autoencoder.train(noise, { ...options, epochs: losses.length - 2 });
    expect(autoencoder.files()).toEqual(shorter.autoencoder.files());
  });

  it('ends with the reason of its signal, between two batches, and leaves nothing in memory', async () => {
    const { core } = await tensorFlow();
    const before = core.memory().numTensors;
    const controller = new AbortController();
    const training = Autoencoder.train(normal, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('the window moved on')),
    });
    await expect(training).rejects.toThrow('the window moved on');
    expect(core.memory().numTensors).toBe(before);
    await expect(Autoencoder.train(normal, { signal: controller.signal })).rejects.toThrow('the window moved on');
  });

  it('lets other work of the process have its turn', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await trained(10);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  it('and scoring hold no tensors beyond the weights, which are given back', async () => {
    const { core } = await tensorFlow();
    const before = core.memory().numTensors;
    const autoencoder = await trained(2);
    expect(core.memory().numTensors).toBe(before + 8);
    for (let time = 0; time < 5; time += 1) autoencoder.score(unseen);
    expect(core.memory().numTensors).toBe(before + 8);
    autoencoder.dispose();
    expect(core.memory().numTensors).toBe(before);
    expect(() => autoencoder.score(unseen)).toThrow(/disposed/);
  });

  it('refuses too few rows, and says how many it takes', async () => {
    await expect(Autoencoder.train(rowsOf(normal, 0, 1, 2))).rejects.toMatchObject({
      code: 'PLUMBLINE_AUTOENCODER_TRAINING',
      message: expect.stringContaining('takes 200') as string,
    });
    const absent = { rows: 1_000, width: 12, values: new Float32Array(12_000).fill(NaN) };
    await expect(Autoencoder.train(absent)).rejects.toThrow(/0 rows with values/);
  });
});
