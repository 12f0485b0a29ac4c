import type { ModelRegistry } from './model-registry';
import { servedAt } from './served';
import { manifestFileOf, type ManifestChoice } from './testing';

const [first, second, third] = ['000001-aaaaaaaaaaaa', '000002-bbbbbbbbbbbb', '000003-cccccccccccc'] as const;
const ann = 'ann';

/** What every registry promises, whatever keeps it. @param open handles on one new, empty registry */
export function promisesOfARegistry(open: () => Promise<() => ModelRegistry>): void {
  let handle: () => ModelRegistry;
  let registry: ModelRegistry;
  beforeEach(async () => {
    handle = await open();
    registry = handle();
  });

  const register = async (...choices: ManifestChoice[]) => {
    for (const choice of choices) await registry.register(manifestFileOf(choice), { loss: 0.01 });
  };
  const approve = (version: string, effectiveFromMs: number) =>
    registry.approve(version, { as: 'champion', effectiveFromMs, by: ann });
  const challenge = (version: string, effectiveFromMs: number, share = 0.1) =>
    registry.approve(version, { as: 'challenger', effectiveFromMs, share, by: ann });
  const stateOf = async (version: string) =>
    (await registry.versions()).find((listed) => listed.version === version)?.state;

  it('is empty at first: nobody serves, and nothing is wrong', async () => {
    expect(await registry.versions()).toEqual([]);
    expect(await registry.served()).toEqual({ timeline: { champion: [], challenger: [] }, problems: [] });
  });

  it('registers a version once, however many trainings try at once and again', async () => {
    const file = manifestFileOf({ version: first });
    await Promise.all([1, 2, 3].map(() => handle().register(file, { loss: 0.01 })));
    const again = await registry.register(file);
    expect(again).toMatchObject({
      version: first,
      source: `s3://ml-models/trace-anomaly/version_${first}/`,
      metrics: { loss: 0.01 },
    });
    const listed = await registry.versions();
    expect(listed.map(({ version, state, aliases }) => ({ version, state, aliases }))).toEqual([
      { version: first, state: 'registered', aliases: [] },
    ]);
    expect((await registry.served()).problems).toEqual([]);
  });

  it('refuses another manifest under the name of a version, and what is no manifest', async () => {
    await register({ version: first });
    const other = manifestFileOf({ version: first, recall: 0.91 });
    await expect(registry.register(other)).rejects.toMatchObject({ code: 'PLUMBLINE_REGISTRY_CONFLICT' });
    await expect(registry.register(Buffer.from('{}'))).rejects.toMatchObject({ code: 'PLUMBLINE_REGISTRY_MALFORMED' });
  });

  it('lists the newest version first, with what was said of it', async () => {
    await register({ version: first }, { version: second, parent: first, recall: 0.95 });
    const [newest, oldest] = await registry.versions();
    expect(newest).toMatchObject({ version: second, manifest: { lineage: { parent: first } } });
    expect(newest?.manifest.evaluation.scorers.combined.recall).toBe(0.95);
    expect(oldest?.version).toBe(first);
  });

  it('serves what is approved, and nothing that is only newer', async () => {
    await register({ version: first });
    await approve(first, 1_000);
    await register({ version: second });
    expect(await registry.served()).toMatchObject({
      champion: { version: first, effectiveFromMs: 1_000, decides: true, featureSchema: 'ab'.repeat(32) },
      problems: [],
    });
    expect(await stateOf(first)).toBe('approved');
    expect(await stateOf(second)).toBe('registered');
  });

  it('says who judges at an event time, also before the last approval became effective', async () => {
    await register({ version: first }, { version: second }, { version: third });
    await approve(first, 1_000);
    await challenge(second, 2_000, 0.25);
    await approve(third, 3_000);
    const served = await registry.served();
    expect(servedAt(served, 999)).toEqual({});
    expect(servedAt(served, 1_000)).toEqual({ champion: expect.objectContaining({ version: first }) as object });
    expect(servedAt(served, 2_999)).toMatchObject({
      champion: { version: first },
      challenger: { version: second, share: 0.25 },
    });
    expect(servedAt(served, 3_000)).toMatchObject({ champion: { version: third }, challenger: { version: second } });
  });

  it('ends the challenge of a version that becomes champion', async () => {
    await register({ version: first }, { version: second });
    await approve(first, 1_000);
    await challenge(second, 2_000);
    await approve(second, 3_000);
    const served = await registry.served();
    expect(served.champion?.version).toBe(second);
    expect(served.challenger).toBeUndefined();
    expect(servedAt(served, 2_500).challenger?.version).toBe(second);
    expect((await registry.versions()).map(({ aliases }) => aliases)).toEqual([['champion'], []]);
  });

  it('changes nothing when the same is approved again', async () => {
    await register({ version: first });
    await approve(first, 1_000);
    await approve(first, 9_000);
    expect((await registry.served()).timeline.champion).toHaveLength(1);
    expect((await registry.served()).champion?.effectiveFromMs).toBe(1_000);
  });

  it('refuses a version that there is not, and a share that does not fit the role', async () => {
    await register({ version: first });
    await expect(approve(second, 1_000)).rejects.toMatchObject({ code: 'PLUMBLINE_REGISTRY_UNKNOWN' });
    const refused = { code: 'PLUMBLINE_REGISTRY_REFUSED' };
    const asked = { effectiveFromMs: 1_000, by: ann };
    await expect(registry.approve(first, { ...asked, as: 'challenger' })).rejects.toMatchObject(refused);
    await expect(registry.approve(first, { ...asked, as: 'champion', share: 0.5 })).rejects.toMatchObject(refused);
    await expect(challenge(first, 1_000, 1)).rejects.toMatchObject(refused);
    expect((await registry.served()).timeline).toEqual({ champion: [], challenger: [] });
  });

  it('refuses a version that is worse than the champion, unless it is told why, which it keeps', async () => {
    await register({ version: first }, { version: second, recall: 0.6, incidents: 40 });
    await approve(first, 1_000);
    await expect(approve(second, 2_000)).rejects.toMatchObject({
      code: 'PLUMBLINE_REGISTRY_WORSE',
      objections: [expect.stringContaining('recall'), expect.stringContaining('40 incidents')] as unknown,
    });
    expect((await registry.served()).champion?.version).toBe(first);
    const despite = 'the champion learnt from a week of faults';
    await registry.approve(second, { as: 'champion', effectiveFromMs: 2_000, by: ann, despite });
    const [listed] = await registry.versions();
    expect(listed?.approval).toMatchObject({ by: ann, despite, objections: { length: 2 } });
  });

  it('rolls back to the champion before, and stays there when others register or look', async () => {
    await register({ version: first }, { version: second });
    await approve(first, 1_000);
    await approve(second, 2_000);
    expect(await registry.rollBack({ effectiveFromMs: 3_000, by: ann })).toEqual({ from: second, to: first });
    await register({ version: third });
    for (const each of [registry, handle()]) {
      expect(await each.served()).toMatchObject({ champion: { version: first, effectiveFromMs: 3_000 }, problems: [] });
    }
    expect(servedAt(await registry.served(), 2_500).champion?.version).toBe(second);
    expect(await stateOf(second)).toBe('rolled back');
  });

  it('does not take a version back that was rolled back, unless it is told why', async () => {
    await register({ version: first }, { version: second });
    await approve(first, 1_000);
    await approve(second, 2_000);
    await registry.rollBack({ effectiveFromMs: 3_000, by: ann });
    await expect(approve(second, 4_000)).rejects.toMatchObject({ code: 'PLUMBLINE_REGISTRY_WORSE' });
    await registry.approve(second, { as: 'champion', effectiveFromMs: 4_000, by: ann, despite: 'it was the database' });
    expect((await registry.served()).champion?.version).toBe(second);
    expect(await stateOf(second)).toBe('approved');
  });

  it('rolls back further each time, in the end to the profile alone', async () => {
    await register({ version: first }, { version: second });
    await approve(first, 1_000);
    await approve(second, 2_000);
    await registry.rollBack({ effectiveFromMs: 3_000, by: ann });
    expect(await registry.rollBack({ effectiveFromMs: 4_000, by: ann })).toEqual({ from: first });
    const served = await registry.served();
    expect(served.champion).toBeUndefined();
    expect(served.problems).toEqual([]);
    expect(servedAt(served, 3_500).champion?.version).toBe(first);
    expect(servedAt(served, 4_000)).toEqual({});
    await expect(registry.rollBack({ effectiveFromMs: 5_000, by: ann })).rejects.toMatchObject({
      code: 'PLUMBLINE_REGISTRY_NOT_SERVED',
    });
  });

  it('rolls back once when a lost answer has it asked for twice', async () => {
    await register({ version: first }, { version: second });
    await approve(first, 1_000);
    await approve(second, 2_000);
    const asked = { effectiveFromMs: 3_000, by: ann };
    await registry.rollBack(asked);
    expect(await registry.rollBack(asked)).toEqual({ from: second, to: first });
    expect((await registry.served()).champion?.version).toBe(first);
  });

  it('takes back an approval that is not effective yet', async () => {
    await register({ version: first }, { version: second });
    await approve(first, 1_000);
    await approve(second, 5_000);
    await registry.rollBack({ effectiveFromMs: 4_000, by: ann });
    expect(servedAt(await registry.served(), 6_000).champion?.version).toBe(first);
  });

  it('lets only one of two go back from the same champion', async () => {
    await register({ version: first }, { version: second }, { version: third });
    await approve(first, 1_000);
    await approve(second, 2_000);
    await approve(third, 3_000);
    const both = await Promise.allSettled(
      ['ann', 'bob'].map((by, i) => handle().rollBack({ effectiveFromMs: 4_000 + i, by, from: third })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await registry.served()).champion?.version).toBe(second);
  });

  it('loses no decision of two who approve at once', async () => {
    await register({ version: first }, { version: second }, { version: third });
    await Promise.all(
      [second, third].map((version) => handle().approve(version, { as: 'champion', effectiveFromMs: 1_000, by: ann })),
    );
    const { champion } = await registry.served();
    const { to } = await registry.rollBack({ effectiveFromMs: 2_000, by: ann });
    expect([champion?.version, to].sort()).toEqual([second, third]);
  });

  it('withdraws a challenger, once', async () => {
    await register({ version: first }, { version: second });
    await approve(first, 1_000);
    await challenge(second, 1_000);
    await registry.withdraw(second, { effectiveFromMs: 2_000, by: ann });
    await registry.withdraw(second, { effectiveFromMs: 3_000, by: ann });
    const served = await registry.served();
    expect(served.challenger).toBeUndefined();
    expect(served.timeline.challenger.map(({ version }) => version?.version)).toEqual([second, undefined]);
    await expect(registry.withdraw(first, { effectiveFromMs: 3_000, by: ann })).rejects.toMatchObject({
      code: 'PLUMBLINE_REGISTRY_NOT_SERVED',
    });
  });

  it('keeps the newest of what serving measured, whoever logs, and refuses what is no number', async () => {
    await register({ version: first });
    await Promise.all([
      handle().logMetrics(first, { agreement: 0.9, 'alarms/hour': 2 }, 2_000),
      handle().logMetrics(first, { agreement: 0.8 }, 1_000),
    ]);
    await registry.logMetrics(first, { agreement: 0.8 }, 1_000);
    expect(await registry.loggedMetrics(first)).toEqual({
      agreement: { value: 0.9, atMs: 2_000 },
      'alarms/hour': { value: 2, atMs: 2_000 },
    });
    const refused = { code: 'PLUMBLINE_REGISTRY_REFUSED' };
    await expect(registry.logMetrics(first, { agreement: NaN }, 3_000)).rejects.toMatchObject(refused);
    await expect(registry.logMetrics(first, { 'a b': 1 }, 3_000)).rejects.toMatchObject(refused);
    await expect(registry.loggedMetrics(second)).rejects.toMatchObject({ code: 'PLUMBLINE_REGISTRY_UNKNOWN' });
  });
}
