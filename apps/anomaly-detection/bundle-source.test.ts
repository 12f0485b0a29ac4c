import { currentProfileKey } from '@plumbline/contracts';
import { encodeBundle, type Bundle } from '@plumbline/wire';
import { MemoryObjectStore } from '@plumbline/worker';
import { gzipSync } from 'node:zlib';
import { BundleSource } from './bundle-source';
import { bundleOf, shopTraces } from './testing';

const traces = shopTraces(1, 50, 0, 20);
const first = bundleOf(traces, '000001-a', 1000);
const second = bundleOf(traces, '000002-b', 2000);

async function name(
  store: MemoryObjectStore,
  ...bundles: readonly { version: string; effectiveFromMs: number }[]
): Promise<void> {
  const entries = bundles.map(({ version, effectiveFromMs }) => ({
    version,
    key: `profile/${version}`,
    effectiveFromMs,
  }));
  await store.put(currentProfileKey, Buffer.from(JSON.stringify({ schema: 1, bundles: entries })));
}

async function storeWith(...bundles: readonly Bundle[]): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore('ml-models');
  for (const bundle of bundles) await store.put(`profile/${bundle.version}`, encodeBundle(bundle));
  await name(store, ...bundles);
  return store;
}

describe('bundles', () => {
  test('judge by event time: each from its time until the next one’s', async () => {
    const source = new BundleSource(await storeWith(first, second), { pollMs: 1000 });
    await source.refresh();
    expect([999, 1000, 1999, 2000, 1e9].map((time) => source.at(time)?.bundle.version)).toEqual([
      undefined,
      '000001-a',
      '000001-a',
      '000002-b',
      '000002-b',
    ]);
  });

  test('are looked for no more often than every few seconds', async () => {
    const store = await storeWith(first);
    const source = new BundleSource(store, { pollMs: 3000 });
    await source.poll(10_000);
    await store.put('profile/000002-b', encodeBundle(second));
    await name(store, first, second);
    await source.poll(12_999);
    expect(source.at(5000)?.bundle.version).toBe('000001-a');
    await source.poll(13_000);
    expect(source.at(5000)?.bundle.version).toBe('000002-b');
  });

  test('can be told of before the pointer says so, and are the same when it does', async () => {
    const store = await storeWith(first);
    const source = new BundleSource(store, { pollMs: 1000 });
    await source.refresh();
    source.announce({ version: second.version, key: 'profile/000002-b', effectiveFromMs: 2000 }, second);
    const told = source.at(2000);
    expect(told?.bundle.version).toBe('000002-b');
    await name(store, first, second);
    await source.refresh();
    expect(source.at(2000)).toBe(told);
  });

  test('are rolled back by naming the older version again, from a later time on', async () => {
    const store = await storeWith(first, second);
    await name(store, first, second, { version: first.version, effectiveFromMs: 3000 });
    const source = new BundleSource(store, { pollMs: 1000 });
    await source.refresh();
    expect([1500, 2500, 3500].map((time) => source.at(time)?.bundle.version)).toEqual([
      '000001-a',
      '000002-b',
      '000001-a',
    ]);
  });
});

describe('a bundle that cannot be used', () => {
  test('of another feature schema is refused, with the reason, and the one before goes on', async () => {
    const store = await storeWith(first, { ...second, featureSchema: 'profile/9 gamma=2' });
    const source = new BundleSource(store, { pollMs: 1000 });
    await source.refresh();
    expect(source.at(2500)?.bundle.version).toBe('000001-a');
    expect(source.status().refused['000002-b']).toContain('feature schema "profile/9 gamma=2"');
  });

  test('because another lies in its place is refused', async () => {
    const store = await storeWith(first, second);
    await store.put('profile/000002-b', encodeBundle(first));
    const source = new BundleSource(store, { pollMs: 1000 });
    await source.refresh();
    expect(source.at(2500)?.bundle.version).toBe('000001-a');
    expect(source.status().refused).toEqual({ '000002-b': 'object profile/000002-b is bundle 000001-a' });
  });

  test('that is missing or garbage stops nothing', async () => {
    const store = await storeWith(first);
    await store.put('profile/000002-b', gzipSync('{"not": "a bundle"}'));
    await name(store, first, second, { version: '000003-c', effectiveFromMs: 3000 });
    const source = new BundleSource(store, { pollMs: 1000 });
    await source.refresh();
    expect(source.at(1e9)?.bundle.version).toBe('000001-a');
    expect(Object.keys(source.status().refused)).toEqual(['000002-b', '000003-c']);
  });

  test('and is found missing judges as soon as it is there', async () => {
    const store = await storeWith(first);
    await name(store, first, second);
    const source = new BundleSource(store, { pollMs: 1000 });
    await source.refresh();
    expect(source.at(2500)?.bundle.version).toBe('000001-a');
    await store.put('profile/000002-b', encodeBundle(second));
    await source.refresh();
    expect(source.at(2500)?.bundle.version).toBe('000002-b');
    expect(source.status().refused).toEqual({});
  });

  test('or a pointer that is none, or a store that fails, leave what was there', async () => {
    const store = await storeWith(first);
    const source = new BundleSource(store, { pollMs: 1000 });
    await source.refresh();
    await store.put(currentProfileKey, Buffer.from('{'));
    await source.refresh();
    expect(source.at(1500)?.bundle.version).toBe('000001-a');
    expect(source.status().error).toBeDefined();
    store.get = () => Promise.reject(new Error('connection refused'));
    await source.refresh();
    expect(source.status()).toMatchObject({ error: 'connection refused', bundles: [{ version: '000001-a' }] });
  });
});
