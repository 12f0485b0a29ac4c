import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleKey, buckets, currentProfileKey } from '@plumbline/contracts';
import { ModelRegistry, StoreBackend } from '@plumbline/models';
import { LocalObjectStore } from '@plumbline/worker';
import { manifestFileOf } from '../../models/registry/testing';
import { bundledCommand } from '../bundled.testing';

const [first, second] = ['000001-aaaaaaaaaaaa', '000002-bbbbbbbbbbbb'] as const;

describe('plumbline models', () => {
  const plumbline = bundledCommand();
  let folder: string;
  let store: LocalObjectStore;
  let registry: ModelRegistry;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plumbline-models-'));
    store = await LocalObjectStore.open(join(folder, 'objects'), buckets.mlModels);
    registry = new ModelRegistry(new StoreBackend(store), store.bucket);
    await registry.register(manifestFileOf({ version: first }));
    await registry.register(manifestFileOf({ version: second, parent: first, recall: 0.6 }));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  /** What the command prints, and the code that it leaves with. */
  function models(...args: string[]): { readonly out: string; readonly error: string; readonly code: number | null } {
    const { stdout, stderr, status } = plumbline(['models', ...args, '--data', folder]);
    return { out: stdout, error: stderr.trim(), code: status };
  }

  it('lists versions with what they serve as, and who decides while nobody is approved', async () => {
    const { out } = models('list');
    expect(out.split('\n')[0]).toMatch(/^version +state +serves as +recall/);
    expect(out).toMatch(new RegExp(`^${second} +registered +0.6 +0.001 +10 \\(10\\)`, 'm'));
    expect(out).toContain('No champion: the profile decides alone.');
  });

  it('approves from a minute from now on, and shows what was measured', async () => {
    const before = Date.now();
    const { out, code } = models('approve', first, '--by', 'ann');
    expect(code).toBe(0);
    expect(out).toMatch(/^recall +0.9$/m);
    expect(out).toMatch(/^Champion 000001-aaaaaaaaaaaa from \d{4}-.*Z on\.$/m);
    const { champion } = await registry.served();
    expect(champion?.effectiveFromMs).toBeGreaterThanOrEqual(before + 60_000);
    expect((await registry.versions())[1]?.approval).toMatchObject({ by: 'ann' });
  });

  it('refuses what is worse, shows it beside the champion, and takes a reason', async () => {
    models('approve', first);
    const refused = models('approve', second);
    expect(refused.code).toBe(1);
    expect(refused.error).toMatch(
      /its recall at alarm rate 0.001 is 0.6, that of champion 000001.* give the reason by --despite/,
    );
    expect(refused.out).toMatch(/^recall +0.6 +0.9$/m);
    const approved = models('approve', second, '--despite', 'faults in training', '--json');
    expect(JSON.parse(approved.out)).toMatchObject({
      objections: [expect.stringContaining('recall')],
      served: { champion: { version: second } },
    });
    expect(models('show', second).out).toContain('because     faults in training');
  });

  it('compares two that serve, as evaluated and as logged, and says when there are no two', async () => {
    models('approve', first);
    expect(models('compare').code).toBe(3);
    models('approve', second, '--as', 'challenger', '--share', '0.25', '--despite', 'to see it');
    await registry.logMetrics(second, { agreement: 0.87 }, 1_000);
    const { out, code } = models('compare');
    expect(code).toBe(0);
    expect(out).toMatch(/champion 000001-aaaaaaaaaaaa +challenger 000002-bbbbbbbbbbbb$/m);
    expect(out).toMatch(/^agreement +- +0.87 +1970-01-01T00:00:01.000Z$/m);
    expect(models('list').out).toContain('for 25 % of traces');
  });

  it('rolls back, and withdraws', async () => {
    models('approve', first);
    models('approve', second, '--as', 'challenger', '--share', '0.25', '--despite', 'to see it');
    expect(models('withdraw', second, '--json').code).toBe(0);
    expect((await registry.served()).challenger).toBeUndefined();
    const { error, code } = models('rollback', '--from', second);
    expect({ error, code }).toEqual({ error: `plumbline: the champion is ${first}, not ${second}`, code: 1 });
    expect(models('rollback').out).toContain(`Rolled back ${first}.\nNo champion`);
  });

  it.each([
    [['approve', 'nope'], 'there is no version "nope"'],
    [['approve', first, '--as', 'challenger'], 'a challenger needs a --share'],
    [['approve', first, '--share', '0.1'], '--share is for --as challenger'],
    [['approve', first, '--effective-from', '2026-01-01T00:00:00Z'], 'is past'],
    [['show', 'nope'], 'there is no version "nope"'],
    [['profile', 'rollback', 'nope'], 'no bundle "nope" to roll back to; known are none'],
  ])('%j is wrong usage', async (args, says) => {
    const { error, code } = models(...args);
    expect(error).toContain(says);
    expect(code).toBe(2);
    expect((await registry.served()).champion).toBeUndefined();
  });

  it('judges by an older profile again', async () => {
    const entry = {
      version: '000001-0123456789ab',
      key: bundleKey('profile', '000001-0123456789ab'),
      effectiveFromMs: 1,
    };
    const pointer = { schema: 1, bundles: [entry, { ...entry, version: '000002-0123456789ab', effectiveFromMs: 2 }] };
    await store.put(currentProfileKey, Buffer.from(JSON.stringify(pointer)));
    const { out, code } = models('profile', 'rollback', entry.version, '--effective-from', '2999-01-01T00:00:00Z');
    expect({ out, code }).toEqual({
      out: 'Traces from 2999-01-01T00:00:00.000Z on are judged by profile 000001-0123456789ab.',
      code: 0,
    });
    const written = Buffer.from((await store.get(currentProfileKey)) ?? []).toString('utf8');
    expect(JSON.parse(written)).toMatchObject({
      bundles: [{}, {}, { ...entry, effectiveFromMs: Date.UTC(2999, 0, 1) }],
    });
  });
});
