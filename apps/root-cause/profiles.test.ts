import { bundleKey, currentProfileKey } from '@plumbline/contracts';
import { emptyTable, encodeBundle, featureSchema, type Bundle } from '@plumbline/wire';
import { MemoryObjectStore } from '@plumbline/worker';
import { BundleProfiles } from './profiles';

const bundle = (version: string, effectiveFromMs: number): Bundle => ({
  version,
  featureSchema,
  effectiveFromMs,
  learnt: { fromMs: 0, throughMs: 1, windows: 1, traces: 1 },
  thresholds: { alpha: 0.01, minSupport: 20, traceScore: {} },
  profile: emptyTable(),
  spread: new Map(),
});

async function publish(models: MemoryObjectStore, ...bundles: readonly Bundle[]): Promise<void> {
  const entries = bundles.map(({ version, effectiveFromMs }) => {
    return { version, effectiveFromMs, key: bundleKey('profile', version) };
  });
  for (const each of bundles) await models.put(bundleKey('profile', each.version), encodeBundle(each));
  await models.put(currentProfileKey, Buffer.from(JSON.stringify({ schema: 1, bundles: entries })));
}

describe('profiles by event time', () => {
  test('are the ones whose time had come', async () => {
    const models = new MemoryObjectStore('ml-models');
    const profiles = new BundleProfiles(models);
    await publish(models, bundle('a', 100), bundle('b', 200));
    await profiles.refresh();
    expect([99, 100, 199, 200, 999].map((at) => profiles.forTime(at)?.version)).toEqual([
      undefined,
      'a',
      'a',
      'b',
      'b',
    ]);
  });

  test('stay known when the pointer forgets them, since windows of their time may still come', async () => {
    const models = new MemoryObjectStore('ml-models');
    const profiles = new BundleProfiles(models);
    await publish(models, bundle('a', 100));
    await profiles.refresh();
    await publish(models, bundle('b', 200));
    await profiles.refresh();
    expect(profiles.forTime(150)?.version).toBe('a');
  });

  test('go back to an older version that is named again', async () => {
    const models = new MemoryObjectStore('ml-models');
    const profiles = new BundleProfiles(models);
    await publish(models, bundle('a', 100), bundle('b', 200));
    await profiles.refresh();
    await publish(models, bundle('b', 200), bundle('a', 300));
    await profiles.refresh();
    await profiles.refresh();
    expect([250, 300].map((at) => profiles.forTime(at)?.version)).toEqual(['b', 'a']);
  });

  test('are passed over when they cannot be read', async () => {
    const models = new MemoryObjectStore('ml-models');
    const warnings: string[] = [];
    const profiles = new BundleProfiles(models, { info: () => undefined, warn: (_, text) => void warnings.push(text) });
    await publish(models, bundle('a', 100), bundle('b', 200));
    await models.put(bundleKey('profile', 'b'), Buffer.from('no bundle'));
    await profiles.refresh();
    expect(profiles.forTime(999)?.version).toBe('a');
    expect(warnings).toEqual(['profile was not loaded']);
  });
});
