import { decodeBundle } from '@plumbline/wire';
import { MemoryObjectStore } from '@plumbline/worker';
import { manifestFile, type ModelManifest } from '../manifest';
import { FarFromZero, packShop, shopDraft, shopModels } from '../testing-version';
import { decodeTraining, distributionOf, encodeTraining, sharesOf } from './distribution';
import type { ModelError } from './model-error';
import { modelFiles, packVersion } from './pack';
import { readManifest, readVersion, versionFolder, writeVersion } from './store';

const { content, rows } = shopModels();
const packed = packShop(content);
const { version } = packed.manifest;
const folder = versionFolder(version);
const withAutoencoder = { autoencoder: (files: ReadonlyMap<string, Uint8Array>) => FarFromZero.load(files) };

async function stored(): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore('ml-models');
  await writeVersion(store, packed);
  return store;
}

/** A store whose manifest was changed. */
async function withManifest(change: (manifest: ModelManifest) => unknown): Promise<MemoryObjectStore> {
  const store = await stored();
  await store.put(`${folder}${manifestFile}`, Buffer.from(JSON.stringify(change(packed.manifest))));
  return store;
}

const refusal = async (store: MemoryObjectStore, options = withAutoencoder): Promise<ModelError> =>
  readVersion(store, version, options).then(
    () => {
      throw new Error('it was read');
    },
    (error: unknown) => error as ModelError,
  );

describe('a version', () => {
  test('is below the folder of its name, and scores as before when it was read', async () => {
    expect(folder).toBe(`trace-anomaly/version_${version}/`);
    expect(version).toMatch(/^000003-[0-9a-f]{12}$/);
    const models = await readVersion(await stored(), version, withAutoencoder);
    const asked = rows(61, 300, { slow: { service: 'cart', factor: 5 } });
    expect(models.forest.score(asked)).toEqual(content.forest.score(asked));
    expect(models.autoencoder?.score(asked)).toEqual(content.autoencoder?.score(asked));
    expect(models.paths.counts).toEqual(content.paths.counts);
    expect(models.schema).toEqual(content.schema);
    expect(models.training).toEqual(content.training);
    expect(models.manifest).toEqual(packed.manifest);
    expect(models.card).toBe(`# Models ${version}\n`);
    expect(decodeBundle(models.profile).version).toBe('000001-test');
  });

  test('is the same for the same content, whatever its number and card', () => {
    expect(packShop(content).manifest).toEqual(packed.manifest);
    expect(packShop(content, 4).manifest.version).toBe(version.replace('000003', '000004'));
    const other = packShop({ ...content, autoencoder: new FarFromZero(3) });
    expect(other.manifest.version).not.toBe(version);
  });

  test('has its manifest written last, so that without one it is not there', async () => {
    const store = new MemoryObjectStore('ml-models');
    const keys: string[] = [];
    const put = store.put.bind(store);
    store.put = (key, ...rest) => (keys.push(key), put(key, ...rest));
    await writeVersion(store, packed);
    expect(keys.at(-1)).toBe(`${folder}${manifestFile}`);
    expect(keys.length).toBe(packed.files.size + 1);
    const unfinished = new MemoryObjectStore('ml-models');
    for (const [file, bytes] of packed.files) await unfinished.put(`${folder}${file}`, bytes);
    expect(await refusal(unfinished)).toMatchObject({ code: 'PLUMBLINE_MODEL_ABSENT', file: manifestFile });
  });

  test('can be written again, and never changed', async () => {
    const store = await stored();
    await writeVersion(store, packed);
    const files = new Map(packed.files).set(modelFiles.card, Buffer.from('another'));
    await expect(writeVersion(store, { ...packed, files })).rejects.toMatchObject({
      code: 'PLUMBLINE_MODEL_CONFLICT',
      file: modelFiles.card,
    });
    expect((await readVersion(store, version, withAutoencoder)).card).toBe(`# Models ${version}\n`);
  });

  test('may lack an autoencoder, where none is calibrated', () => {
    const { autoencoder: _, ...rest } = content;
    expect(() => packShop(rest)).toThrow(/autoencoder are calibrated, which is not there/);
  });

  test('carries other forms of the models, under paths of their own', () => {
    const pack = (path: string) =>
      packVersion(content, shopDraft, {
        sequence: 1,
        card: () => '',
        exports: new Map([[path, Buffer.from('onnx')]]),
      });
    expect(pack('export/model.onnx').manifest.files['export/model.onnx']).toMatchObject({ bytes: 4 });
    for (const path of ['forest.bin', '../other', 'a//b', 'a/../b', manifestFile, 'autoencoder/x', '/a', '']) {
      expect(() => pack(path)).toThrow(RangeError);
    }
  });
});

describe('what is not as the manifest says is refused, by name', () => {
  test.each([...packed.files.keys()])('a changed byte of %s', async (file) => {
    const store = await stored();
    const bytes = Buffer.from(packed.files.get(file) ?? []);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await store.put(`${folder}${file}`, bytes);
    const error = await refusal(store);
    expect(error).toMatchObject({ code: 'PLUMBLINE_MODEL_HASH', file, expected: packed.manifest.files[file]?.sha256 });
    expect(error.found).toMatch(/^[0-9a-f]{64}$/);
    expect(error.message).toContain(`${file}: is not the file`);
  });

  test('a file that is longer, before it is read', async () => {
    const store = await stored();
    await store.put(`${folder}${modelFiles.forest}`, new Uint8Array(5));
    const get = jest.spyOn(store, 'get');
    expect(await refusal(store)).toMatchObject({ code: 'PLUMBLINE_MODEL_SIZE', file: modelFiles.forest, found: '5' });
    expect(get.mock.calls.map(([key]) => key)).not.toContain(`${folder}${modelFiles.forest}`);
  });

  test('a file that is not there', async () => {
    const store = await withManifest((manifest) => ({
      ...manifest,
      files: { ...manifest.files, 'extra.bin': { sha256: '0'.repeat(64), bytes: 1 } },
    }));
    expect(await refusal(store)).toMatchObject({ code: 'PLUMBLINE_MODEL_ABSENT', file: 'extra.bin' });
  });

  test.each<[string, (manifest: ModelManifest) => unknown, string]>([
    ['of another version', (manifest) => ({ ...manifest, version: 'other' }), 'PLUMBLINE_MODEL_MANIFEST'],
    ['of another model', (manifest) => ({ ...manifest, model: 'other' }), 'PLUMBLINE_MODEL_MANIFEST'],
    ['of another schema', (manifest) => ({ ...manifest, schema: 2 }), 'PLUMBLINE_MODEL_MANIFEST'],
    ['that is nothing', () => null, 'PLUMBLINE_MODEL_MANIFEST'],
    [
      'that leads out of its folder',
      (manifest) => ({ ...manifest, files: { ...manifest.files, 'a/../../x': { sha256: '0'.repeat(64), bytes: 1 } } }),
      'PLUMBLINE_MODEL_MANIFEST',
    ],
    [
      'that lacks a file',
      ({ files: { [modelFiles.forest]: _, ...files }, ...manifest }) => ({ ...manifest, files }),
      'PLUMBLINE_MODEL_MANIFEST',
    ],
    ['of other features', (manifest) => ({ ...manifest, featureSchema: '0'.repeat(64) }), 'PLUMBLINE_MODEL_FEATURES'],
    [
      'with more bytes than there may be',
      (manifest) => ({
        ...manifest,
        files: Object.fromEntries(Object.entries(manifest.files).map(([file, of]) => [file, { ...of, bytes: 1e9 }])),
      }),
      'PLUMBLINE_MODEL_SIZE',
    ],
  ])('a manifest %s', async (_, change, code) => {
    expect((await refusal(await withManifest(change))).code).toBe(code);
  });

  test('a manifest without end, before it is read', async () => {
    const store = await stored();
    await store.put(`${folder}${manifestFile}`, new Uint8Array(2 * 1024 * 1024));
    await expect(readManifest(store, version)).rejects.toMatchObject({ code: 'PLUMBLINE_MODEL_SIZE' });
  });

  test('features that are not those which were asked for', async () => {
    const store = await stored();
    const { hash } = content.schema;
    await expect(readVersion(store, version, { ...withAutoencoder, featureSchema: hash })).resolves.toBeDefined();
    await expect(readVersion(store, version, { featureSchema: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'PLUMBLINE_MODEL_FEATURES',
      expected: '0'.repeat(64),
      found: hash,
    });
  });

  test('an autoencoder that nobody can load, or that cannot be loaded', async () => {
    await expect(readVersion(await stored(), version)).rejects.toMatchObject({ code: 'PLUMBLINE_MODEL_CONTENT' });
    const failing = { autoencoder: () => Promise.reject(new Error('no such layer')) };
    await expect(readVersion(await stored(), version, failing)).rejects.toThrow(/no such layer/);
  });

  test('files that have the hash which is said and are none of what they should be', async () => {
    const broken = packShop({
      ...content,
      forest: { name: 'isolation-forest', encode: () => Buffer.from('PLFOREST') } as never,
    });
    const store = new MemoryObjectStore('ml-models');
    await writeVersion(store, broken);
    await expect(readVersion(store, broken.manifest.version, withAutoencoder)).rejects.toMatchObject({
      code: 'PLUMBLINE_MODEL_CONTENT',
      file: modelFiles.forest,
    });
  });

  test('what the store throws stays what it is: it may be there next time', async () => {
    const store = await stored();
    const down = new Error('unavailable');
    jest.spyOn(store, 'head').mockRejectedValue(down);
    await expect(readVersion(store, version, withAutoencoder)).rejects.toBe(down);
  });
});

describe('the distribution of training values', () => {
  test('has tenths between its deciles, and says how many are missing', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i % 5 === 0 ? NaN : i));
    const { edges, shares, missing } = distributionOf(values);
    expect(edges.length).toBe(9);
    for (const share of shares) expect(share).toBeCloseTo(0.1, 2);
    expect(missing).toBeCloseTo(0.2);
  });

  test('has fewer where values tie, and two where all do: what is above comes later', () => {
    expect(distributionOf([0, 0, 0, 0, 0, 0, 0, 0, 1, 2])).toEqual({
      edges: [0, 1],
      shares: [0.8, 0.1, 0.1],
      missing: 0,
      values: 10,
    });
    expect(distributionOf([3, 3, 3])).toEqual({ edges: [3], shares: [1, 0], missing: 0, values: 3 });
    expect(distributionOf([NaN])).toEqual({ edges: [], shares: [0], missing: 1, values: 0 });
    expect(distributionOf([])).toEqual({ edges: [], shares: [0], missing: 0, values: 0 });
  });

  test('tells where later values fall', () => {
    expect(sharesOf([0, 1], [-5, 0, 0.5, 9, NaN])).toEqual([0.5, 0.25, 0.25]);
  });

  test('has a column for each feature, and is refused when its edges do not rise', () => {
    expect(content.training.features.length).toBe(content.schema.names.length);
    const json = Buffer.from(encodeTraining(content.training)).toString();
    expect(decodeTraining(Buffer.from(json))).toEqual(content.training);
    const wrong = JSON.stringify({
      schema: 1,
      rows: 1,
      features: [{ edges: [2, 1], shares: [1, 0, 0], missing: 0 }],
      scores: {},
    });
    expect(() => decodeTraining(Buffer.from(wrong))).toThrow(/edges that rise/);
  });
});
