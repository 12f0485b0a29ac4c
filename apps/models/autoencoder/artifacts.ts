import type { io } from '@tensorflow/tfjs-core';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { z } from 'zod';
import { AutoencoderError } from './errors';
import { activations, type DenseLayer } from './network';
import { scalingSchema, type Scaling } from './scaling';
import type { TensorFlow } from './tensorflow';

/** Files of an autoencoder, relative to a version of the models; the first two are TensorFlow.js's layers format. */
export const autoencoderFiles = {
  model: 'autoencoder/model.json',
  weights: 'autoencoder/weights.bin',
  scaling: 'autoencoder/scaling.json',
} as const;

const maxUnits = 8_192;
const units = z.number().int().min(1).max(maxUnits);

/** Of what TensorFlow.js can read, that which an autoencoder consists of: what is not named here is left out before it is read. */
const layerSchema = z.object({
  class_name: z.literal('Dense'),
  config: z.object({
    name: z.string().regex(/^[\w-]{1,64}$/),
    units,
    activation: z.enum(activations),
    use_bias: z.literal(true),
    batch_input_shape: z.tuple([z.null(), units]).optional(),
  }),
});

const modelSchema = z.object({
  format: z.literal('layers-model'),
  modelTopology: z.object({
    class_name: z.literal('Sequential'),
    config: z.object({ name: z.string(), layers: z.array(layerSchema).min(2).max(16) }),
  }),
  weightsManifest: z.tuple([
    z.object({
      paths: z.tuple([z.literal('weights.bin')]),
      weights: z.array(
        z.object({ name: z.string(), shape: z.array(units).min(1).max(2), dtype: z.literal('float32') }),
      ),
    }),
  ]),
});

/** A checked autoencoder, without TensorFlow.js. */
export interface StoredNetwork {
  readonly scaling: Scaling;
  readonly layers: readonly DenseLayer[];
}

/** What a network and its scaling are as files. */
export async function encodeNetwork(
  { core }: TensorFlow,
  network: Sequential,
  scaling: Scaling,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const artifacts = await new Promise<io.ModelArtifacts>((resolve, reject) => {
    const handler = core.io.withSaveHandler((saved) => {
      resolve(saved);
      return Promise.resolve({ modelArtifactsInfo: core.io.getModelArtifactsInfoForJSON(saved) });
    });
    network.save(handler).catch(reject);
  });
  const { modelTopology, weightSpecs, weightData, format, generatedBy, convertedBy } = artifacts;
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
  const model = { format, generatedBy, convertedBy, modelTopology, weightsManifest };
  return new Map([
    [autoencoderFiles.model, Buffer.from(`${JSON.stringify(model)}\n`)],
    [autoencoderFiles.weights, new Uint8Array(core.io.CompositeArrayBuffer.join(weightData))],
    [autoencoderFiles.scaling, Buffer.from(`${JSON.stringify(scaling)}\n`)],
  ]);
}

/**
 * Reads and checks files: kinds of layers, that shapes fit together, that all numbers are there and finite.
 *
 * @throws {AutoencoderError} `PLUMBLINE_AUTOENCODER_FILES`, naming the file and what is wrong with it
 */
export function decodeNetwork(files: ReadonlyMap<string, Uint8Array>): StoredNetwork {
  const scaling = parsed(files, autoencoderFiles.scaling, scalingSchema);
  const model = parsed(files, autoencoderFiles.model, modelSchema);
  const weights = floats(fileOf(files, autoencoderFiles.weights));
  const width = scaling.columns.length;
  const configs = model.modelTopology.config.layers.map(({ config }) => config);
  const specs = model.weightsManifest[0].weights;
  const layers: DenseLayer[] = [];
  let inputs = 2 * width;
  let offset = 0;
  const take = (name: string, shape: readonly number[]): Float32Array => {
    const spec = specs[layers.length * 2 + (shape.length === 2 ? 0 : 1)];
    if (spec === undefined || spec.name !== name || spec.shape.join() !== shape.join()) {
      const found = spec === undefined ? 'nothing' : `${spec.name} [${spec.shape.join()}]`;
      refuse(autoencoderFiles.model, `${name} [${shape.join()}] is expected among the weights, ${found} is there`);
    }
    const length = shape.reduce((product, size) => product * size, 1);
    offset += length;
    return weights.subarray(offset - length, offset);
  };
  if (configs[0]?.batch_input_shape?.[1] !== inputs) {
    const found = configs[0]?.batch_input_shape?.[1] ?? 'none';
    refuse(autoencoderFiles.model, `${width} columns make ${inputs} inputs, and the network has ${found}`);
  }
  for (const { name, units: outputs, activation } of configs) {
    const kernel = take(`${name}/kernel`, [inputs, outputs]);
    const bias = take(`${name}/bias`, [outputs]);
    layers.push({ name, inputs, outputs, activation, kernel, bias });
    inputs = outputs;
  }
  if (inputs !== width) refuse(autoencoderFiles.model, `the network has ${inputs} outputs for ${width} columns`);
  if (specs.length !== layers.length * 2) refuse(autoencoderFiles.model, `${specs.length} weights are too many`);
  if (offset !== weights.length) {
    refuse(autoencoderFiles.weights, `${offset * 4} bytes are expected, ${weights.length * 4} are there`);
  }
  if (!weights.every(Number.isFinite)) refuse(autoencoderFiles.weights, 'a weight is not a finite number');
  return { scaling, layers };
}

/** The network of checked files. */
export async function loadNetwork(
  { core, layers }: TensorFlow,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Sequential> {
  const { modelTopology, weightsManifest } = parsed(files, autoencoderFiles.model, modelSchema);
  const weightData = floats(fileOf(files, autoencoderFiles.weights)).slice().buffer;
  const artifacts = { modelTopology, weightSpecs: weightsManifest[0].weights, weightData };
  const network = await layers.loadLayersModel(core.io.fromMemory(artifacts));
  if (!(network instanceof layers.Sequential)) refuse(autoencoderFiles.model, 'is no sequence of layers');
  return network;
}

function fileOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  return files.get(name) ?? refuse(name, 'is not among the files');
}

function parsed<S extends z.ZodType>(files: ReadonlyMap<string, Uint8Array>, name: string, schema: S): z.infer<S> {
  const bytes = fileOf(files, name);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    refuse(name, 'is not JSON', cause);
  }
  const result = schema.safeParse(json);
  return result.success ? result.data : refuse(name, z.prettifyError(result.error), result.error);
}

/** Little-endian, as the format has it whatever the machine. */
function floats(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) refuse(autoencoderFiles.weights, `${bytes.length} bytes are no 32-bit numbers`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

function refuse(file: string, problem: string, cause?: unknown): never {
  throw new AutoencoderError('PLUMBLINE_AUTOENCODER_FILES', `${file}: ${problem}`, { cause });
}
