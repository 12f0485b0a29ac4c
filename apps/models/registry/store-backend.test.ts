import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalObjectStore, MemoryObjectStore, type ObjectStore } from '@plumbline/worker';
import { promisesOfARegistry } from './contract';
import { ModelRegistry } from './model-registry';
import { registryKey, StoreBackend } from './store-backend';
import { manifestFileOf } from './testing';

const registryIn = (store: ObjectStore) => new ModelRegistry(new StoreBackend(store), store.bucket);

describe('a registry in a folder', () => {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true });
  });
  promisesOfARegistry(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plumbline-registry-'));
    folders.push(folder);
    const store = await LocalObjectStore.open(folder, 'ml-models');
    return () => registryIn(store);
  });
});

describe('a registry in an object', () => {
  const version = '000001-aaaaaaaaaaaa';
  let store: MemoryObjectStore;
  let registry: ModelRegistry;
  beforeEach(async () => {
    store = new MemoryObjectStore('ml-models');
    registry = registryIn(store);
    await registry.register(manifestFileOf({ version }));
    await registry.approve(version, { as: 'champion', effectiveFromMs: 1_000, by: 'ann' });
  });

  async function edit(change: (file: { versions: unknown[]; decisions: unknown[] }) => void): Promise<void> {
    const text = Buffer.from((await store.get(registryKey)) ?? []).toString('utf8');
    const file = JSON.parse(text) as { versions: unknown[]; decisions: unknown[] };
    change(file);
    await store.put(registryKey, Buffer.from(JSON.stringify(file)));
  }

  it('passes over what it cannot read, says what, and keeps it', async () => {
    await edit(({ versions, decisions }) => {
      versions.push({ version: 'x' });
      decisions.push({ kind: 'promote', version: 'x' });
    });
    const { champion, problems } = await registry.served();
    expect(champion?.version).toBe(version);
    expect(problems).toEqual([
      expect.stringMatching(/^version 1 of trace-anomaly\/registry.json of bucket ml-models cannot be read: source/),
      expect.stringMatching(/^decision 1 of .* cannot be read: kind/),
    ]);
    await registry.register(manifestFileOf({ version: '000002-bbbbbbbbbbbb' }));
    expect((await registry.served()).problems).toHaveLength(2);
  });

  it('does not serve a version that is approved and gone', async () => {
    await edit(({ versions }) => versions.splice(0));
    const { champion, problems } = await registry.served();
    expect(champion).toBeUndefined();
    expect(problems).toEqual([`version ${version} is approved, and is not in the registry: it is not served`]);
  });

  it('writes nothing over what is no registry', async () => {
    await store.put(registryKey, Buffer.from('{"schema":2}'));
    const malformed = { code: 'PLUMBLINE_REGISTRY_MALFORMED', message: expect.stringContaining('restore') as string };
    await expect(registry.served()).rejects.toMatchObject(malformed);
    await expect(registry.rollBack({ effectiveFromMs: 1, by: 'ann' })).rejects.toMatchObject(malformed);
    expect(Buffer.from((await store.get(registryKey)) ?? []).toString()).toBe('{"schema":2}');
  });

  it('gives up when others decide again and again', async () => {
    const put = jest.spyOn(store, 'put').mockResolvedValue(false);
    await expect(registry.rollBack({ effectiveFromMs: 1, by: 'ann' })).rejects.toMatchObject({
      code: 'PLUMBLINE_REGISTRY_CONTENTION',
    });
    expect(put).toHaveBeenCalledTimes(5);
  });

  it('forgets old decisions, but none on which it depends who serves', async () => {
    const challenger = '000002-bbbbbbbbbbbb';
    await registry.register(manifestFileOf({ version: challenger }));
    const decision = { id: 'long-enough', by: 'ann', atMs: 1, version: challenger };
    await edit(({ decisions }) => {
      for (let at = 0; at < 300; at += 1) {
        decisions.push({ ...decision, kind: 'approve', as: 'challenger', share: 0.1, effectiveFromMs: 2_000 + 2 * at });
        decisions.push({ ...decision, kind: 'withdraw', effectiveFromMs: 2_001 + 2 * at });
      }
      decisions.splice(500);
    });
    await registry.approve(challenger, { as: 'challenger', share: 0.2, effectiveFromMs: 9_000, by: 'ann' });
    let kept = 0;
    await edit(({ decisions }) => (kept = decisions.length));
    expect(kept).toBe(500);
    expect(await registry.served()).toMatchObject({ champion: { version }, challenger: { share: 0.2 } });
  });
});
