import { randomBytes } from 'node:crypto';
import { startS3, type S3Peer } from '@plumbline/tools/peers';
import { backUpBuckets, type BackUpBucketsOptions } from './backup-buckets';
import type { Report } from './report';
import { restoreBuckets } from './restore-buckets';
import { compareKeys, S3Bucket } from './s3-bucket';
import { connectionTo, makeBuckets, textsOf, vaultIn } from './testing';
import type { Vault } from './vault';
import { drain, verifySnapshot } from './verify';

const plain = [{ name: 'blocks', versioned: false }];

describe('a backup of buckets', () => {
  let from: S3Peer;
  let to: S3Peer;
  let vault: Vault;
  let blocks: S3Bucket;

  beforeEach(async () => {
    [from, to] = await Promise.all([startS3(), startS3()]);
    vault = await vaultIn(to);
    await makeBuckets(from, ['blocks']);
    blocks = new S3Bucket('blocks', connectionTo(from));
  });

  afterEach(async () => {
    vault.bucket.close();
    blocks.close();
    await Promise.all([from.stop(), to.stop()]);
  });

  /** Runs a backup. @returns it, and what was told of each bucket */
  async function run(options: Partial<BackUpBucketsOptions> = {}) {
    const told: Record<string, string | number>[] = [];
    const report: Report = (_, about) => told.push({ ...about });
    const made = await backUpBuckets(vault, { source: connectionTo(from), buckets: plain, report, ...options });
    return { made, told };
  }

  /** Another S3, with buckets that hold nothing. */
  async function emptyStore(buckets: readonly string[], versioned: readonly string[] = []): Promise<S3Peer> {
    const peer = await startS3();
    await makeBuckets(peer, buckets, versioned);
    return peer;
  }

  it('brings back every object with its bytes, type and metadata, also one of many parts', async () => {
    const large = randomBytes(20 * 2 ** 20);
    await blocks.put('tenant/a-b/large', large);
    await blocks.put('tenant/a/meta.json', Buffer.from('{}'), {
      contentType: 'application/json',
      metadata: { 'span-count': '3' },
    });
    await blocks.put('tenant/a.b', Buffer.alloc(0));
    for (let at = 0; at < 300; at += 1) await blocks.put(`many/${at}`, Buffer.from(`object ${at}`));
    const before = await textsOf(blocks);
    const { made } = await run();
    expect(made.contents).toMatchObject([{ objects: 303 }]);

    const store = await emptyStore(['blocks']);
    const target = new S3Bucket('blocks', connectionTo(store));
    expect(await restoreBuckets(vault, await vault.read('buckets'), { target: connectionTo(store) })).toMatchObject([
      { written: 303, present: 0 },
    ]);
    expect(await textsOf(target)).toEqual(before);
    const meta = await target.open('tenant/a/meta.json');
    expect(meta).toMatchObject({ contentType: 'application/json', metadata: { 'span-count': '3' } });
    await drain(meta?.body);
    // Twice is once.
    expect(await restoreBuckets(vault, made, { target: connectionTo(store) })).toMatchObject([
      { written: 0, present: 303 },
    ]);
    target.close();
    await store.stop();
  });

  it('copies only what is new, and keeps what was deleted for as long as a backup names it', async () => {
    for (const key of ['a-b', 'a/b', 'a.b', 'a0', 'b']) await blocks.put(key, Buffer.from(`first ${key}`));
    const first = await run();
    expect(first.told).toMatchObject([{ copied: 5 }]);
    await blocks.put('a.b', Buffer.from('another'));
    await blocks.put('c', Buffer.from('new'));
    await blocks.delete('b');
    const second = await run();
    expect(second.told).toMatchObject([{ objects: 5, copied: 2 }]);
    expect((await run()).told).toMatchObject([{ objects: 5, copied: 0, copiedBytes: 0 }]);

    const store = await emptyStore(['blocks']);
    await restoreBuckets(vault, first.made, { target: connectionTo(store) });
    const target = new S3Bucket('blocks', connectionTo(store));
    expect(await textsOf(target)).toMatchObject({ b: 'first b', 'a.b': 'first a.b' });
    target.close();
    await store.stop();
  });

  it('counts only when it is whole: after an interruption the one before is restored, and the next goes on', async () => {
    await blocks.put('seed', Buffer.from('seed'));
    const first = await run();
    for (let at = 0; at < 1_800; at += 50)
      await Promise.all(Array.from({ length: 50 }, (_, next) => blocks.put(`many/${at + next}`, Buffer.from('x'))));
    const interruption = new AbortController();
    const signal = interruption.signal;
    const running = run({ signal });
    const lists = async () => {
      const newest = (await vault.snapshots('buckets'))[0]?.id ?? '';
      return newest === first.made.id ? 0 : (await vault.files('buckets', newest)).length;
    };
    while ((await lists()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    interruption.abort();
    await expect(running).rejects.toThrow('aborted');
    expect((await vault.read('buckets')).id).toBe(first.made.id);
    const next = await run();
    expect(next.told).toMatchObject([{ objects: 1_801 }]);
    expect(next.told[0]?.copied).toBeLessThan(1_000);
    expect((await verifySnapshot(vault, next.made)).problems).toEqual([]);
  });

  it('keeps versions and deletions of a bucket that has them, in their order', async () => {
    await makeBuckets(from, ['models'], ['models']);
    const models = new S3Bucket('models', connectionTo(from));
    for (const text of ['one', 'two', 'three']) await models.put('profile/current.json', Buffer.from(text));
    await models.put('gone', Buffer.from('was here'));
    await models.delete('gone');
    const versioned = [{ name: 'models', versioned: true }];
    const { made } = await run({ buckets: versioned });
    expect((await run({ buckets: versioned })).told).toMatchObject([{ copied: 0 }]);

    const store = await emptyStore(['models'], ['models']);
    const target = new S3Bucket('models', connectionTo(store));
    for (let times = 0; times < 2; times += 1) await restoreBuckets(vault, made, { target: connectionTo(store) });
    expect(await textsOf(target)).toEqual({ 'profile/current.json': 'three' });
    const texts: string[] = [];
    for await (const { key, versionId = '', isDeletion } of target.listVersions()) {
      const open = isDeletion === true ? undefined : await target.open(key, { versionId });
      const chunks: Uint8Array[] = [];
      for await (const chunk of open?.body ?? []) chunks.push(chunk);
      texts.push(`${key}: ${open === undefined ? 'deleted' : Buffer.concat(chunks).toString()}`);
    }
    expect(texts).toEqual([
      'gone: deleted',
      'gone: was here',
      'profile/current.json: three',
      'profile/current.json: two',
      'profile/current.json: one',
    ]);
    models.close();
    target.close();
    await store.stop();
  });

  it('names an object whose stored bytes were changed, does not restore it, and stores it anew when told to read all', async () => {
    await blocks.put('good', Buffer.from('good'));
    await blocks.put('tenant/bad', Buffer.from('right'));
    const { made } = await run();
    expect(await verifySnapshot(vault, made)).toMatchObject({ contents: 2, problems: [] });
    for await (const { key, size } of vault.bucket.list('test/buckets/data/'))
      if (size === 5) await vault.bucket.put(key, Buffer.from('wrong'));
    expect(await verifySnapshot(vault, made, { quick: true })).toMatchObject({ problems: [] });
    const { problems } = await verifySnapshot(vault, made);
    expect(problems).toEqual([expect.stringContaining('(bucket blocks, object tenant/bad) is not what was written')]);

    const store = await emptyStore(['blocks']);
    const restoring = restoreBuckets(vault, made, { target: connectionTo(store) });
    await expect(restoring).rejects.toThrow('object tenant/bad) is not what was written');
    const target = new S3Bucket('blocks', connectionTo(store));
    expect(await target.get('tenant/bad')).toBeUndefined();
    target.close();
    await store.stop();

    await run({ full: true });
    expect((await verifySnapshot(vault, await vault.read('buckets'))).problems).toEqual([]);
  });

  it('names a list that was changed, and does not go on from it', async () => {
    await blocks.put('one', Buffer.from('one'));
    const { made } = await run();
    const [list] = await vault.files('buckets', made.id);
    await vault.bucket.put(vault.snapshotKey('buckets', made.id, list ?? ''), Buffer.from('not a list'));
    expect((await verifySnapshot(vault, made)).problems).toEqual([expect.stringContaining('is not what was written')]);
    expect((await run()).told).toMatchObject([{ objects: 1, copied: 1 }]);
  });

  it('does not take a bucket that lost everything for the newest state', async () => {
    await blocks.put('one', Buffer.from('one'));
    const { made } = await run();
    await blocks.delete('one');
    await expect(run()).rejects.toThrow('bucket blocks is empty and had 1 objects');
    expect((await vault.read('buckets')).id).toBe(made.id);
    expect((await run({ allowEmpty: true })).made.contents).toMatchObject([{ objects: 0 }]);
  });

  it('relies on keys that rise, as this server lists them', async () => {
    for (const key of ['a-b', 'a/b', 'a.b', 'a0', 'ä', 'z']) await blocks.put(key, Buffer.from(key));
    const keys: string[] = [];
    for await (const { key } of blocks.list()) keys.push(key);
    expect(keys).toEqual(keys.toSorted(compareKeys));
  });
});
