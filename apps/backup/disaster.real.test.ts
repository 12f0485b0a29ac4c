import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { consumerGroups } from '@plumbline/contracts';
import type { Kafka } from 'kafkajs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { parseQuantity } from '../../constructs/invariants/quantity';
import { containerOf } from '../../constructs/testing';
import { bucketStates, copiedBuckets, emptyBuckets, fillBuckets, putInParts } from './disaster/objects';
import { runPod } from './disaster/pod';
import { printed } from './disaster/program';
import { copiedTopics, dropTopics, fillTopics, send, topicSettings, topicStates } from './disaster/records';
import { commandsUnder, sections, Shell } from './disaster/runbook';
import { objects, runJobs, startServers, type Servers } from './disaster/servers';
import { copiedDatabases, databaseStates, dropDatabases, fillDatabases, sql } from './disaster/tables';
import { backUpTopics } from './backup-topics';
import { openVault } from './settings';
import type { Vault } from './vault';

/** What everything held, to be compared. */
interface State {
  readonly buckets: Awaited<ReturnType<typeof bucketStates>>;
  readonly topics: Awaited<ReturnType<typeof topicStates>>;
  readonly databases: Awaited<ReturnType<typeof databaseStates>>;
}

const hourMs = 3_600_000;
const ofOne = ['One bucket', 'One topic', 'One database'];

describe('What production keeps, on real servers as rendered', () => {
  let servers: Servers;
  let shell: Shell;
  let store: S3Client;
  let copies: S3Client;
  let kafka: Kafka;
  let vault: Vault;
  let before: State;

  beforeAll(async () => {
    servers = await startServers();
    [store, copies, kafka] = [servers.asAdmin.store(), servers.asAdmin.copies(), servers.asAdmin.kafka()];
    await copies.send(new CreateBucketCommand({ Bucket: 'copies' }));
    await runJobs(servers);
    shell = await Shell.open(servers);
    vault = openVault(vaultEnvironment());
    await Promise.all([fillBuckets(store), fillTopics(kafka), fillDatabases(servers)]);
    before = await state();
  }, 600_000);

  afterAll(async () => {
    vault.bucket.close();
    for (const client of [store, copies]) client.destroy();
    await servers.stop();
  });

  function vaultEnvironment(): Record<string, string> {
    const { url, root, caFile } = servers.copies;
    return {
      ...{ BACKUP_BUCKET: 'copies', BACKUP_PREFIX: 'plumbline/production', BACKUP_S3_ENDPOINT: url },
      ...{ BACKUP_S3_REGION: 'eu-west-1', BACKUP_S3_FORCE_PATH_STYLE: 'true', BACKUP_S3_CA_FILE: caFile },
      ...{ BACKUP_S3_ACCESS_KEY_ID: root.accessKeyId, BACKUP_S3_SECRET_ACCESS_KEY: root.secretAccessKey },
    };
  }

  async function state(): Promise<State> {
    const [buckets, topics, databases] = [bucketStates(store), topicStates(kafka), databaseStates(servers)];
    return { buckets: await buckets, topics: await topics, databases: await databases };
  }

  const cronJob = (part: string, more: Parameters<typeof runPod>[3] = {}) =>
    runPod(servers.node, 'CronJob', `backup-${part}`, more);

  async function loseEverything(): Promise<void> {
    expect(await emptyBuckets(store)).toBeGreaterThan(0);
    await Promise.all([dropTopics(kafka), dropDatabases(servers)]);
  }

  it('has something in every bucket, topic and database that is copied', () => {
    expect(Object.keys(before.buckets)).toHaveLength(copiedBuckets.length);
    for (const objects of Object.values(before.buckets)) expect(objects.length).toBeGreaterThan(40);
    for (const topic of copiedTopics) expect(before.topics[topic]?.length).toBeGreaterThan(600);
    const { 'airflow-api-server': airflow, grafana, mlflow } = before.databases;
    expect(airflow).toMatch(/COPY public\.variable .*\n.*threshold\t/);
    expect(mlflow).toMatch(/COPY public\.metrics /);
    expect(grafana?.match(/Übersicht/g)).toHaveLength(2 * 3_000);
  });

  it('is copied by the CronJobs as they are rendered, and found whole', async () => {
    for (const part of ['buckets', 'topics', 'databases', 'verification']) {
      const { code, stdout, stderr } = await cronJob(part);
      expect(`${part} ${code} ${code === 0 ? '' : stdout + stderr}`).toBe(`${part} 0 `);
    }
  });

  it('is there again after all of it was lost, but for what was written since the copy', async () => {
    await store.send(new PutObjectCommand({ Bucket: 'tempo-traces', Key: 'tenant/since', Body: 'the copy' }));
    await send(kafka, copiedTopics[0] ?? '', [{ key: 'since', value: 'the copy', partition: 2 }]);
    await sql(servers, 'grafana', "INSERT INTO dashboard (uid, title) VALUES ('since', 'the copy')");
    await loseEverything();
    // Steps 1 and 2: Secrets are those that they were, and the Jobs make what everything is in.
    await runJobs(servers);
    const { code, stdout, stderr } = await shell.section('The whole cluster', ofOne);
    expect(`${code} ${code === 0 ? '' : stdout + stderr}`).toBe('0 ');
    expect(await state()).toEqual(before);
    expect(await topicSettings(kafka)).toEqual(copiedTopics.map((name) => `${name} 3 3 3`).toSorted());
  });

  it('is left by a second restore as it is', async () => {
    expect((await shell.section('The whole cluster', ofOne)).code).toBe(0);
    expect(await state()).toEqual(before);
  });

  it('is copied by the commands, too, and comes back bucket by bucket, topic by topic, database by database', async () => {
    expect((await shell.section('What every command needs')).code).toBe(0);
    const dumped = copiedDatabases.map((name) => `pg_dump --format=custom --file=dumps-cli/${name}.dump ${name}`);
    for (const line of [
      `plumbline backup buckets ${copiedBuckets.map(({ name }) => name).join(' ')} --versioned ml-models`,
      'plumbline backup topics',
      ['mkdir dumps-cli', ...dumped, `plumbline backup databases ${copiedDatabases.join(' ')} --dumps dumps-cli`].join(
        '\n',
      ),
    ]) {
      const { code, stderr } = await shell.command(line);
      expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
    }
    await emptyBuckets(store);
    await dropTopics(kafka, ['incidents']);
    await sql(servers, 'grafana', 'TRUNCATE dashboard CASCADE');
    for (const heading of ofOne) {
      const { code, stdout, stderr } = await shell.section(heading);
      expect(`${heading} ${code} ${code === 0 ? '' : stdout + stderr}`).toBe(`${heading} 0 `);
    }
    const after = await state();
    expect(after.databases).toEqual(before.databases);
    expect(after.buckets['tempo-traces']).toEqual(before.buckets['tempo-traces']);
    expect(after.buckets['loki-chunks']).toEqual([]);
    // A group that has read on is not set back by a restore: those of a topic that was deleted alone are where they were.
    expect(after.topics).toEqual(before.topics);
    expect(await topicSettings(kafka)).toEqual(copiedTopics.map((name) => `${name} 3 3 3`).toSorted());
    expect((await shell.command('plumbline restore buckets')).code).toBe(0);
    expect((await state()).buckets).toEqual(before.buckets);
  });

  it('every command of the page was run, and ended well', () => {
    expect(sections).toEqual(['What every command needs', ...ofOne, 'The whole cluster']);
    const missing = sections.flatMap(commandsUnder).filter((line) => !shell.succeeded.has(line));
    expect(missing).toEqual([]);
  });

  it('is refused by name where a copy was changed: by verification, and by the restore, which writes nothing of it', async () => {
    const snapshot = await vault.read('databases');
    const grafana = snapshot.contents.find(({ name }) => name === 'grafana');
    const key = vault.dataKey('databases', grafana?.data ?? '');
    const good = (await vault.bucket.get(key)) ?? Buffer.alloc(0);
    const bad = Buffer.from(good);
    bad.writeUInt8(bad.readUInt8(bad.length >>> 1) ^ 1, bad.length >>> 1);
    await vault.bucket.put(key, bad);
    const verification = await cronJob('verification');
    expect(verification.code).toBe(1);
    expect(verification.stdout).toContain('(database grafana) is not what was written');
    const restored = await shell.command('plumbline restore databases grafana --folder dumps-bad');
    expect(restored).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(database grafana) is not what was written') as string,
    });
    expect((await databaseStates(servers)).grafana).toBe(before.databases.grafana);
    await vault.bucket.put(key, good);
    expect((await cronJob('verification')).code).toBe(0);
  });

  it('goes on from a copy that was ended by SIGKILL, which counts for nothing', async () => {
    const newest = await vault.read('buckets');
    for (let at = 0; at < 2_400; at += 60)
      await Promise.all(
        Array.from({ length: 60 }, (_, next) =>
          store.send(
            new PutObjectCommand({ Bucket: 'anomaly-data', Key: `windows/${at + next}`, Body: `${at + next}` }),
          ),
        ),
      );
    const kill = new AbortController();
    const killed = cronJob('buckets', { signal: kill.signal });
    const begun = async () => {
      const [first] = await vault.snapshots('buckets');
      return first !== undefined && !first.complete && (await vault.files('buckets', first.id)).length > 0;
    };
    while (!(await begun())) await new Promise((resolve) => setTimeout(resolve, 20));
    kill.abort();
    expect((await killed).code).toBeNull();
    expect((await vault.read('buckets')).id).toBe(newest.id);
    const again = await cronJob('buckets');
    expect(again.code).toBe(0);
    const copied = again.stdout
      .split('\n')
      .filter((line) => line.includes('"bucket":"anomaly-data"'))
      .map((line) => (JSON.parse(line) as { readonly copied: number }).copied);
    expect(copied).toHaveLength(1);
    expect(copied[0]).toBeLessThan(2_400 - 900);
    expect((await shell.command('plumbline backup verify buckets')).code).toBe(0);
  });

  it('is kept for as long as is rendered: older copies go, the newest of each day stays, one that was interrupted is none', async () => {
    const { brokers } = servers.kafka;
    const { password = '' } = servers.node.secrets['admin-redpanda-kafka'] ?? {};
    const source = {
      brokers,
      credentials: { username: 'admin', password },
      certificateAuthority: servers.kafka.certificateAuthority ?? '',
    };
    const old = async (hoursAgo: number) => {
      const made = backUpTopics(vault, {
        source,
        topics: copiedTopics.map((name) => ({ name })),
        groups: Object.values(consumerGroups),
        readAs: 'disaster',
        logger: pino({ level: 'silent' }),
        clock: clockAt(Date.now() - hoursAgo * hourMs),
      });
      return (await made).id;
    };
    const [ancient, earlier, later] = [await old(24 * 40), await old(24 * 5 + 1), await old(24 * 5)];
    const all = async () => (await vault.snapshots('topics')).map(({ id }) => id);
    expect(await all()).toEqual(expect.arrayContaining([ancient, earlier, later]));
    const dead = later.replace(/-.*/, '-00000000');
    await vault.bucket.put(vault.snapshotKey('topics', dead, 'lists/0.gz'), Buffer.from('interrupted'));
    expect((await cronJob('topics')).code).toBe(0);
    const left = await all();
    const sameDay = earlier.slice(0, 8) === later.slice(0, 8);
    expect(left.filter((id) => [ancient, dead, ...(sameDay ? [earlier] : [])].includes(id))).toEqual([]);
    expect(left).toContain(later);
    expect((await shell.command(`plumbline backup verify topics --snapshot ${later}`)).code).toBe(0);
    expect((await shell.command('plumbline backup verify topics')).code).toBe(0);
  });

  it('is copied within the memory of the CronJob, however large four objects at once are', async () => {
    const objectParts = 20;
    for (let at = 0; at < 4; at += 1) await putInParts(store, 'loki-chunks', `large/${at}`, objectParts, 8 * 2 ** 20);
    const told = join(shell.folder, 'kilobytes');
    const telling = join(shell.folder, 'telling.cjs');
    const write = `require('node:fs').writeFileSync(${JSON.stringify(told)}, String(process.resourceUsage().maxRSS))`;
    await writeFile(telling, `process.on('exit', () => ${write});`);
    const { code } = await cronJob('buckets', { env: { NODE_OPTIONS: `--require ${telling}` } });
    expect(code).toBe(0);
    const usedBytes = Number(await readFile(told, 'utf8')) * 1_024;
    const { resources } = containerOf(objects, 'CronJob', 'backup-buckets');
    const limit = parseQuantity((resources as { readonly limits: { readonly memory: string } }).limits.memory);
    expect(4 * objectParts * 8 * 2 ** 20).toBeGreaterThan(limit);
    expect(usedBytes).toBeGreaterThan(0);
    expect(usedBytes).toBeLessThan(limit);
  });

  it.each<[string, string, (servers: Servers) => Readonly<Record<string, string>>, number, RegExp]>([
    [
      'a bucket for copies that is not there',
      'backup list',
      () => ({ BACKUP_BUCKET: 'nowhere' }),
      1,
      /nowhere: .*NoSuchBucket/,
    ],
    [
      'a key for copies that is refused',
      'backup verify',
      () => ({ BACKUP_S3_SECRET_ACCESS_KEY: 'guessed-by-somebody' }),
      1,
      /copies: https:.* refuses our access key/,
    ],
    [
      'a store for copies that somebody else vouches for',
      'backup list',
      ({ authorityFile }) => ({ BACKUP_S3_CA_FILE: authorityFile }),
      1,
      /certificate/,
    ],
    [
      'a store for copies in plain text',
      'backup list',
      ({ copies: { url } }) => ({ BACKUP_S3_ENDPOINT: url.replace('https:', 'http:') }),
      1,
      /list plumbline/,
    ],
    [
      'a file of an authority that is not there',
      'backup list',
      () => ({ BACKUP_S3_CA_FILE: '/nowhere' }),
      2,
      /BACKUP_S3_CA_FILE/,
    ],
    ['no bucket for copies', 'backup list', () => ({ BACKUP_BUCKET: '' }), 2, /BACKUP_BUCKET is not set/],
    ['a bucket that is not there', 'backup buckets nowhere', () => ({}), 1, /nowhere: .*NoSuchBucket/],
    [
      'a key of the store that is refused',
      'backup buckets mlflow',
      () => ({ AWS_SECRET_ACCESS_KEY: 'guessed-by-somebody' }),
      1,
      /mlflow: https:.* refuses our access key/,
    ],
    ['a topic that is not there', 'backup topics nowhere', () => ({}), 1, /there is no topic nowhere/],
    [
      'a password of the broker that is refused',
      'backup topics',
      () => ({ KAFKA_PASSWORD: 'guessed-by-somebody' }),
      1,
      /refuses user admin/,
    ],
    [
      'a password of the database that is refused',
      'restore databases grafana --folder dumps',
      () => ({ PGPASSWORD: 'guessed-by-somebody' }),
      1,
      /password authentication failed/,
    ],
    ['a bucket that the copy has none of', 'restore buckets nowhere', () => ({}), 1, /has no bucket nowhere; it has/],
    [
      'a copy that is not there',
      'restore topics --snapshot 20200101T000000000Z-00000000',
      () => ({}),
      1,
      /no complete backup/,
    ],
    ['nothing to copy', 'backup buckets', () => ({}), 2, /missing required argument/],
    ['no folder for dumps', 'restore databases', () => ({}), 2, /--folder/],
  ])('%s is said, with an exit code', async (_, line, values, code, message) => {
    const ended = await shell.command(`plumbline ${line}`, values(servers));
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });

  it('a CronJob whose key is refused says which store refuses it, tries again for a while, and copies nothing', async () => {
    const newest = await vault.read('topics');
    const seen = new AbortController();
    const { code, stdout } = await cronJob('topics', {
      env: { BACKUP_S3_SECRET_ACCESS_KEY: 'guessed-by-somebody' },
      signal: seen.signal,
      onOutput: (text) => {
        if (text.includes('trying again')) seen.abort();
      },
    });
    expect(stdout).toContain(`${servers.copies.url} refuses our access key`);
    expect(code).toBeNull();
    expect((await vault.read('topics')).id).toBe(newest.id);
  });

  it('a copy that is interrupted by hand ends with 130, and the one before is still the newest', async () => {
    const newest = await vault.read('buckets');
    const interruption = new AbortController();
    const { code, stderr } = await shell.command(
      'exec plumbline backup buckets anomaly-data --full',
      {},
      {
        ...{ signal: interruption.signal, killSignal: 'SIGINT' },
        onOutput: () => interruption.abort(),
      },
    );
    expect(stderr).toContain('interrupted; run it again, and it goes on');
    expect(code).toBe(130);
    expect((await vault.read('buckets')).id).toBe(newest.id);
  });

  it('help says what is read of the environment, and where the steps are', async () => {
    const { code, stdout } = await shell.run(['plumbline backup --help', 'plumbline restore --help']);
    expect(code).toBe(0);
    for (const word of [
      'buckets',
      'topics',
      'databases',
      'list',
      'verify',
      'BACKUP_S3_ENDPOINT',
      'docs/how-to/restore.md',
    ])
      expect(stdout).toContain(word);
  });

  it('no secret was printed by any of it', () => {
    const all = printed.join('');
    expect(all.length).toBeGreaterThan(10_000);
    expect(servers.secretValues.length).toBeGreaterThan(20);
    expect(servers.secretValues.filter((value) => all.includes(value))).toEqual([]);
    expect(all).not.toContain('guessed-by-somebody');
  });
});

function clockAt(nowMs: number) {
  return { now: () => nowMs };
}
