import { execFileSync } from 'node:child_process';
import { Autoencoder } from '../autoencoder';
import { factorRows } from '../autoencoder/testing';
import { encodeOnnx } from './onnx';

/** ONNX Runtime, in a process of its own: it imports what Jest does not let it. */
const server = `
import * as ort from 'onnxruntime-web';
import { readFileSync } from 'node:fs';
const { model, values, width } = JSON.parse(readFileSync(0, 'utf8'));
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(Buffer.from(model, 'base64'));
const bytes = Buffer.from(values, 'base64');
const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const { score } = await session.run({ features: new ort.Tensor('float32', numbers, [numbers.length / width, width]) });
const { inputNames, outputNames, inputMetadata } = session;
console.log(JSON.stringify({ inputNames, outputNames, shape: inputMetadata[0].shape, dims: score.dims, scores: [...score.data] }));
`;

interface Served {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly shape: readonly (number | string)[];
  readonly dims: readonly number[];
  readonly scores: readonly number[];
}

function serve(model: Uint8Array, values: Float32Array, width: number): Served {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const input = JSON.stringify({ model: base64(model), values: base64(new Uint8Array(values.buffer)), width });
  const options = { input, cwd: __dirname, stdio: 'pipe' } as const;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', server], options);
  return JSON.parse(output.toString()) as Served;
}

describe('An autoencoder as ONNX', () => {
  let autoencoder: Autoencoder;
  let model: Uint8Array;
  beforeAll(async () => {
    autoencoder = (await Autoencoder.train(factorRows(1_000, 1), { epochs: 8, learningRate: 0.01 })).autoencoder;
    model = encodeOnnx(autoencoder.stored);
  });

  it.each([1, 257])('gives %d rows the scores that we give them, in ONNX Runtime', (rows) => {
    const features = factorRows(rows, 5, 'swapped');
    // Far beyond what is learnt, and of a column of which nothing was learnt; then nothing at all.
    features.values.set([1e9, -Infinity, Infinity, 5, 5, 5, 5, 5, 5, 5, 5, 3]);
    if (rows > 1) features.values.fill(NaN, 12, 24);
    const ours = autoencoder.score(features);
    const { scores, ...described } = serve(model, features.values, 12);
    expect(described).toEqual({
      inputNames: ['features'],
      outputNames: ['score'],
      shape: ['rows', 12],
      dims: [rows],
    });
    ours.forEach((score, row) =>
      expect(Math.abs((scores[row] ?? NaN) - score)).toBeLessThan(1e-5 * Math.max(1, score)),
    );
    expect(ours[0]).toBeGreaterThan(1);
    if (rows > 1) expect([ours[1], scores[1]]).toEqual([0, 0]);
  });
});
