// `npm run accept:learning`: that the native backend of TensorFlow.js learns and scores as WASM does, and that TensorFlow serves the
// SavedModel. Each backend has a process of its own. Ends with "N passed, N failed".
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { homeOf } from '@plumbline/tools/peers/installed';
import { runProgram } from '@plumbline/tools/peers/run';
import { Autoencoder, autoencoderFiles, type Backend } from '../autoencoder';
import { factorRows } from '../autoencoder/testing';
import { encodeSavedModel, savedModelFile } from './saved-model';

/** Relative, or absolute below 1. */
const tolerance = 1e-5;

interface Told {
  readonly firstLoss: number;
  readonly heldBackLoss: number;
  readonly scores: readonly number[];
  readonly served?: readonly number[];
}

/** A third epoch's rounding is no longer that of the first step, so losses are compared after one. */
async function learn(backend: Backend) {
  return Autoencoder.train(factorRows(3_000, 1), { backend, epochs: 1, seed: 4 });
}

function unseen() {
  const features = factorRows(300, 2, 'swapped');
  features.values.set([1e9, -Infinity, Infinity, 5, 5, 5, 5, 5, 5, 5, 5, 3]);
  features.values.fill(NaN, 12, 24);
  return features;
}

/** What the native backend makes of the same rows, and of the files in a folder. */
async function askNative(folder: string): Promise<Told> {
  const { firstLoss, epochs } = await learn('tfjs-node');
  const names = Object.values(autoencoderFiles);
  const files = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const));
  const autoencoder = await Autoencoder.load(new Map(files), { backend: 'tfjs-node' });
  const features = unseen();
  const tf = createRequire(__filename)('@tensorflow/tfjs-node') as NativeTensorFlow;
  const served = await tf.node.loadSavedModel(join(folder, dirname(savedModelFile)));
  const { score } = served.predict({ features: tf.tensor2d(features.values, [features.rows, features.width]) });
  return {
    firstLoss,
    heldBackLoss: epochs[0]?.heldBackLoss ?? NaN,
    scores: [...autoencoder.score(features)],
    served: [...score.dataSync()],
  };
}

interface NativeTensorFlow {
  tensor2d(values: Float32Array, shape: [number, number]): object;
  readonly node: {
    loadSavedModel(
      folder: string,
    ): Promise<{ predict(inputs: object): { readonly score: { dataSync(): Float32Array } } }>;
  };
}

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-learning-'));
  try {
    const modules = homeOf('tfjs-node').path('tfjs-node', 'node_modules');
    const { firstLoss, epochs, autoencoder } = await learn('wasm');
    const files = autoencoder.files().set(savedModelFile, encodeSavedModel(autoencoder.stored));
    for (const [name, bytes] of files) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    const args = ['--import', 'tsx', __filename, folder];
    const { stdout } = await runProgram(process.execPath, args, {
      env: { NODE_PATH: modules, TF_CPP_MIN_LOG_LEVEL: '2' },
    });
    const native = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Told;
    const ours = autoencoder.score(unseen());
    const checks: readonly (readonly [string, number])[] = [
      ['loss of the first step', apart([firstLoss], [native.firstLoss])],
      ['loss of rows held back, after an epoch', apart([epochs[0]?.heldBackLoss ?? NaN], [native.heldBackLoss])],
      ['scores of the native backend', apart(ours, native.scores)],
      ['scores of TensorFlow by the SavedModel', apart(ours, native.served ?? [])],
    ];
    for (const [what, difference] of checks) {
      console.log(`${difference < tolerance ? 'agree' : 'DIFFER'}: ${what}, by ${difference.toExponential(1)}`);
    }
    const failed = checks.filter(([, difference]) => !(difference < tolerance)).length;
    console.log(`${checks.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function apart(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Infinity;
  return Math.max(...Array.from(ours, (value, at) => Math.abs(value - (theirs[at] ?? NaN)) / Math.max(1, value)));
}

const [, , folder] = process.argv;
(folder === undefined ? main() : askNative(folder).then((told) => (console.log(JSON.stringify(told)), 0))).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
