import { Autoencoder } from './autoencoder';
import { autoencoderFiles } from './artifacts';
import { factorRows } from './testing';

const { model, weights, scaling } = autoencoderFiles;

interface Layer {
  class_name: string;
  config: { units: number; activation: string; name: string };
}
interface Model {
  format: string;
  modelTopology: { config: { layers: [Layer, Layer, ...Layer[]] } };
  weightsManifest: { weights: { name: string; shape: number[] }[]; paths: string[] }[];
}

describe('Files of an autoencoder are refused', () => {
  let files: ReadonlyMap<string, Uint8Array>;
  beforeAll(async () => {
    files = (await Autoencoder.train(factorRows(300, 1), { epochs: 1 })).autoencoder.files();
  });

  async function refusal(changed: ReadonlyMap<string, Uint8Array>): Promise<string> {
    const error: unknown = await Autoencoder.load(changed).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'AutoencoderError', code: 'PLUMBLINE_AUTOENCODER_FILES' });
    return (error as Error).message;
  }

  const withFile = (name: string, content: Uint8Array) => new Map([...files, [name, content]]);
  const bytesOf = (name: string) => files.get(name) ?? new Uint8Array();

  function withModel(change: (model: Model) => void): ReadonlyMap<string, Uint8Array> {
    const json = JSON.parse(Buffer.from(bytesOf(model)).toString()) as Model;
    change(json);
    return withFile(model, Buffer.from(JSON.stringify(json)));
  }

  it.each(Object.values(autoencoderFiles))('without %s', async (name) => {
    expect(await refusal(new Map([...files].filter(([path]) => path !== name)))).toMatch(
      `${name}: is not among the files`,
    );
  });

  it.each([model, scaling])('where %s is not what it should be', async (name) => {
    expect(await refusal(withFile(name, Buffer.from('{"a":')))).toMatch(`${name}: is not JSON`);
    expect(await refusal(withFile(name, Buffer.from('{}')))).toMatch(`${name}: `);
  });

  it('with layers that an autoencoder does not consist of', async () => {
    const lambda = withModel(({ modelTopology }) => (modelTopology.config.layers[1].class_name = 'Lambda'));
    expect(await refusal(lambda)).toMatch(/"Dense"/);
    const softmax = withModel(({ modelTopology }) => (modelTopology.config.layers[1].config.activation = 'softmax'));
    expect(await refusal(softmax)).toMatch(/activation/);
  });

  it('but for what an autoencoder has no use for: that is not looked at', async () => {
    const constrained = withModel(({ modelTopology }) => {
      Object.assign(modelTopology.config.layers[1].config, {
        kernel_constraint: { class_name: 'Surprise', config: {} },
      });
    });
    const [loaded, plain] = await Promise.all([Autoencoder.load(constrained), Autoencoder.load(files)]);
    expect(loaded.score(factorRows(3, 2))).toEqual(plain.score(factorRows(3, 2)));
  });

  it('with weights that lie elsewhere', async () => {
    const elsewhere = withModel(({ weightsManifest }) => (weightsManifest[0] = { paths: ['../w.bin'], weights: [] }));
    expect(await refusal(elsewhere)).toMatch(/weights\.bin/);
  });

  it('where shapes do not fit together', async () => {
    const wider = withModel(({ modelTopology }) => (modelTopology.config.layers[1].config.units = 4));
    expect(await refusal(wider)).toMatch(
      'bottleneck/kernel [6,4] is expected among the weights, bottleneck/kernel [6,3]',
    );
    const shorter = withModel(({ modelTopology }) => modelTopology.config.layers.pop());
    expect(await refusal(shorter)).toMatch('the network has 6 outputs for 12 columns');
    const unnamed = withModel(({ weightsManifest }) => weightsManifest[0]?.weights.pop());
    expect(await refusal(unnamed)).toMatch('reconstruction/bias [12] is expected among the weights, nothing is there');
  });

  it('where the scaling is of other columns', async () => {
    const json = JSON.parse(Buffer.from(bytesOf(scaling)).toString()) as { columns: object[] };
    json.columns.pop();
    expect(await refusal(withFile(scaling, Buffer.from(JSON.stringify(json))))).toMatch(
      '11 columns make 22 inputs, and the network has 24',
    );
  });

  it('where a column has no spread', async () => {
    const json = JSON.parse(Buffer.from(bytesOf(scaling)).toString()) as { columns: { spread: number }[] };
    if (json.columns[0]) json.columns[0].spread = 0;
    expect(await refusal(withFile(scaling, Buffer.from(JSON.stringify(json))))).toMatch(/spread/);
  });

  it('where weights are cut off, too many, or no numbers', async () => {
    const bytes = bytesOf(weights);
    expect(await refusal(withFile(weights, bytes.slice(0, -4)))).toMatch(/weights\.bin: \d+ bytes are expected/);
    expect(await refusal(withFile(weights, bytes.slice(0, -1)))).toMatch('no 32-bit numbers');
    expect(await refusal(withFile(weights, Buffer.concat([bytes, Buffer.alloc(4)])))).toMatch('are expected');
    const unnumbered = Buffer.from(bytes);
    unnumbered.writeFloatLE(NaN, 40);
    expect(await refusal(withFile(weights, unnumbered))).toMatch('not a finite number');
  });
});
