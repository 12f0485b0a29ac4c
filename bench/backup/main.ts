import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { dataDirectory } from '@plumbline/tools/peers';
import { Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { emptyBuckets, putInParts } from '../../apps/backup/disaster/objects';
import { runToEnd } from '../../apps/backup/disaster/program';
import { dropTopics, send } from '../../apps/backup/disaster/records';
import { runJobs, startServers, type Servers } from '../../apps/backup/disaster/servers';
import { valuesOf } from '../../apps/backup/disaster/runbook';
import { sql } from '../../apps/backup/disaster/tables';
import { plumbline } from '../../apps/end-to-end/plumbline';
import { runMain, wholeNumber } from '../arguments';
import { backupFile, ways, works, type BackupResult, type Way, type Work } from './result';

/*
 * How long copies and the way back take, on the servers of `production` as it is rendered: https stores, three brokers with users, a database
 * over TLS. `npm run bench:backup -- --help`
 */

interface Options {
  readonly megabytes: number;
  readonly objects: number;
  readonly records: number;
  readonly rows: number;
  readonly rounds: number;
}

const root = join(__dirname, '..', '..');
const mebi = 2 ** 20;
const largeParts = 8;
const partBytes = 8 * mebi;
const smallObjectBytes = 10_000;
const recordBytes = 300;
const topic = 'incidents';

interface Reading {
  readonly seconds: number;
  readonly peakRssBytes: number;
}

/** A shell of its own for each command, as the page has them. */
class Commands {
  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    private readonly entry: string,
    private readonly telling: string,
    private readonly told: string,
    readonly folder: string,
  ) {}

  static async of(servers: Servers): Promise<Commands> {
    const folder = await dataDirectory('bench-backup');
    const [telling, told] = [join(folder, 'telling.cjs'), join(folder, 'kilobytes')];
    const write = `require('node:fs').writeFileSync(${JSON.stringify(told)}, String(process.resourceUsage().maxRSS))`;
    writeFileSync(telling, `process.on('exit', () => ${write});`);
    const env = { ...valuesOf(servers), BACKUP_S3_FORCE_PATH_STYLE: 'true', S3_FORCE_PATH_STYLE: 'true' };
    return new Commands(env, await plumbline(), telling, told, folder);
  }

  /** @throws {Error} with what it printed, if it does not succeed */
  async run(prefix: string, args: readonly string[]): Promise<Reading> {
    const startedAt = performance.now();
    const { code, stderr } = await runToEnd({
      command: process.execPath,
      args: ['--require', this.telling, '--single-threaded-gc', this.entry, ...args],
      env: { ...this.env, HOME: this.folder, BACKUP_PREFIX: prefix },
      cwd: this.folder,
    });
    if (code !== 0) throw new Error(`plumbline ${args.join(' ')} ended with ${code}: ${stderr}`);
    const seconds = (performance.now() - startedAt) / 1_000;
    return { seconds, peakRssBytes: Number(readFileSync(this.told, 'utf8')) * 1_024 };
  }

  async dump(database: string): Promise<void> {
    const args = ['--format=custom', `--file=dumps/${database}.dump`, database];
    const { code, stderr } = await runToEnd({
      ...{ command: 'sh', args: ['-c', `mkdir -p dumps && pg_dump ${args.join(' ')}`], env: this.env },
      cwd: this.folder,
    });
    if (code !== 0) throw new Error(`pg_dump: ${stderr}`);
  }
}

/** What is measured of a part: how it is copied, lost and brought back. */
interface Part {
  readonly work: Work;
  backUp(prefix: string): Promise<Reading>;
  lose(): Promise<unknown>;
  restore(prefix: string): Promise<Reading>;
}

function partsOf(servers: Servers, commands: Commands): readonly Part[] {
  const run =
    (...args: readonly string[]) =>
    (prefix: string) =>
      commands.run(prefix, args);
  const store = servers.asAdmin.store();
  const bucket = (work: Work, name: string): Part => ({
    work,
    backUp: run('backup', 'buckets', name),
    lose: () => emptyBuckets(store, [name]),
    restore: run('restore', 'buckets', name),
  });
  return [
    bucket('large objects', 'tempo-traces'),
    bucket('small objects', 'anomaly-data'),
    {
      work: 'topics',
      backUp: run('backup', 'topics', topic),
      lose: () => dropTopics(servers.asAdmin.kafka(), [topic]),
      restore: run('restore', 'topics', topic),
    },
    {
      work: 'databases',
      backUp: async (prefix) => {
        const startedAt = performance.now();
        await commands.dump('grafana');
        const dumped = (performance.now() - startedAt) / 1_000;
        const { seconds, peakRssBytes } = await commands.run(prefix, [
          ...['backup', 'databases', 'grafana', '--dumps', 'dumps'],
        ]);
        return { seconds: dumped + seconds, peakRssBytes };
      },
      lose: () => sql(servers, 'grafana', 'DROP TABLE dashboard'),
      restore: run('restore', 'databases', 'grafana', '--folder', 'back'),
    },
  ];
}

async function fill(
  servers: Servers,
  { megabytes, objects, records, rows }: Options,
): Promise<BackupResult['amounts']> {
  const [store, kafka] = [servers.asAdmin.store(), servers.asAdmin.kafka()];
  const largeObjectBytes = largeParts * partBytes;
  const largeObjects = Math.max(1, Math.round((megabytes * 1e6) / largeObjectBytes));
  for (let at = 0; at < largeObjects; at += 1)
    await putInParts(store, 'tempo-traces', `tenant/${at}/data`, largeParts, partBytes);
  for (let at = 0; at < objects; at += 50) {
    const some = Array.from({ length: Math.min(50, objects - at) }, (_, next) => at + next);
    await Promise.all(
      some.map((number) => {
        const Key = `anomalies/${number}`;
        return store.send(new PutObjectCommand({ Bucket: 'anomaly-data', Key, Body: randomBytes(smallObjectBytes) }));
      }),
    );
  }
  store.destroy();
  for (let at = 0; at < records; at += 2_000) {
    const some = Array.from({ length: Math.min(2_000, records - at) }, (_, next) => at + next);
    const messages = some.map((number) => ({ key: String(number), value: jsonOf(number), partition: number % 3 }));
    await send(kafka, topic, messages);
  }
  const text = `SET ROLE grafana; CREATE TABLE dashboard (id SERIAL PRIMARY KEY, title TEXT, body BYTEA);
    INSERT INTO dashboard (title, body) SELECT 'dashboard ' || n, decode(repeat(md5(random()::text), 30), 'hex') FROM generate_series(1, ${rows}) n`;
  await sql(servers, 'grafana', text);
  const databaseBytes = Number(await sql(servers, 'grafana', "SELECT pg_database_size('grafana')"));
  const large = { largeBytes: largeObjects * largeObjectBytes, largeObjectBytes };
  return { ...large, smallObjects: objects, smallObjectBytes, records, recordBytes, databaseBytes };
}

/** Of which half can be compressed, as of what workers write. */
function jsonOf(number: number): string {
  const random = randomBytes(75).toString('hex');
  return JSON.stringify({ id: number, random }).padEnd(recordBytes, ' ');
}

async function measure(options: Options): Promise<BackupResult> {
  const loadPerCpu = Number(((loadavg()[0] ?? 0) / cpus().length).toFixed(2));
  const servers = await startServers();
  try {
    const copies = servers.asAdmin.copies();
    await copies.send(new CreateBucketCommand({ Bucket: 'copies' }));
    await runJobs(servers);
    const amounts = await fill(servers, options);
    const parts = partsOf(servers, await Commands.of(servers));
    const readings = new Map<string, Reading[]>();
    const note = (work: Work, way: Way, reading: Reading) => {
      readings.set(`${work} ${way}`, [...(readings.get(`${work} ${way}`) ?? []), reading]);
      console.log(`${work}, ${way}: ${reading.seconds.toFixed(1)} s, ${Math.round(reading.peakRssBytes / mebi)} MiB`);
    };
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const part of parts) {
        const prefix = `round-${round}`;
        note(part.work, 'backup', await part.backUp(prefix));
        note(part.work, 'unchanged', await part.backUp(prefix));
        await part.lose();
        note(part.work, 'restore', await part.restore(prefix));
      }
    }
    copies.destroy();
    return {
      command: 'npm run bench:backup',
      node: process.version,
      cpu: (cpus()[0]?.model ?? '').trim(),
      cpus: cpus().length,
      loadPerCpu,
      amounts,
      measurements: works.flatMap((work) =>
        ways.map((way) => summary(work, way, readings.get(`${work} ${way}`) ?? [])),
      ),
    };
  } finally {
    await servers.stop();
  }
}

function summary(work: Work, way: Way, readings: readonly Reading[]): BackupResult['measurements'][number] {
  const rounds = readings.map(({ seconds }) => Number(seconds.toFixed(2)));
  const sorted = rounds.toSorted((a, b) => a - b);
  const peakRssBytes = Math.max(...readings.map((each) => each.peakRssBytes));
  return { work, way, seconds: sorted[sorted.length >> 1] ?? 0, rounds, peakRssBytes };
}

runMain('bench:backup', async () => {
  const options = new Command('bench:backup')
    .description('measure how long copies of buckets, topics and databases take, and the way back')
    .option('--megabytes <n>', 'of large objects', wholeNumber, 1_000)
    .option('--objects <n>', 'small objects', wholeNumber, 3_000)
    .option('--records <n>', 'records of a topic', wholeNumber, 100_000)
    .option('--rows <n>', 'rows of a table, of half a kilobyte each', wholeNumber, 300_000)
    .option('--rounds <n>', 'of which the median counts', wholeNumber, 3)
    .parse()
    .opts<Options>();
  const result = await measure(options);
  writeFileSync(join(root, backupFile), `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(`written to ${backupFile}`);
});
