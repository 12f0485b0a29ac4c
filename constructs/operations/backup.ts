import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { backupGroup, consumerGroups, type BackupJob, type BackupKeep, type BackupPart } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import type { Bucket } from '../core/bucket';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { compareText } from '../core/content-hash';
import type { IDatabase } from '../core/database';
import { defined } from '../core/defined';
import type { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { PlatformCronJob, type PlatformCronJobProps } from '../core/platform-cron-job';
import type { Resources } from '../core/resources';
import type { SecretRef } from '../core/secret-ref';
import type { IObjectStore } from '../core/stores';
import type { Topic } from '../core/topic';
import { backupAlerts } from './backup-alerts';
import { destinationEndpoint, destinationSecret, useDestination, type BackupDestination } from './backup-destination';
import { dumpContainers, dumpFolder, useServer } from './database-dumps';

/** What runs at times of its own. */
export type BackupRun = BackupPart | 'verification';

/** Options of a {@link Backup} that an environment says. */
export interface BackupSettings extends ComponentProps {
  readonly to: BackupDestination;
  /**
   * When each runs, cron expressions in UTC. What was written since the last run is lost with the cluster.
   *
   * @default - topics every five minutes, buckets every fifteen, databases every hour, verification every night
   */
  readonly schedules?: Readonly<Partial<Record<BackupRun, string>>>;
  /**
   * How long ago each may have succeeded last, before somebody is told.
   *
   * @default - topics 20 minutes, buckets an hour, databases three hours, verification two days
   */
  readonly maximumAge?: Readonly<Partial<Record<BackupRun, Duration>>>;
  /** Which backups are kept, besides the newest. What was deleted can be restored for as long. @default - all of 24 hours, and one of each of 14 days */
  readonly keep?: BackupKeep;
  /** Buckets that are not copied. @default - none */
  readonly exceptBuckets?: readonly string[];
  /** Topics of which only young records are copied, by name: such as `traces`, from which all of the pipeline's can be computed again. @default - none */
  readonly windows?: Readonly<Record<string, Duration>>;
  /** Parts of which verification reads every byte; of others it looks whether everything is there. @default - topics and databases */
  readonly readAll?: readonly BackupPart[];
  /** Space for dumps of all databases, before they are copied. @default Size.gibibytes(5) */
  readonly dumps?: Size;
  /** @default 50m and 128 MiB, at most 512 MiB */
  readonly resources?: Resources;
  /** Image of the Jobs. @default - the worker image of this version */
  readonly image?: string;
  /** Image with `pg_dump`, of the server's version or newer. @default - that of {@link Postgres} */
  readonly dumpImage?: string;
}

/** Options of a {@link Backup}. */
export interface BackupProps extends BackupSettings {
  /** Of which all buckets are copied. @default - none */
  readonly store?: IObjectStore;
  /** Of which those that are compacted are copied, since nothing else holds what they do; and those with a window. @default - none */
  readonly topics?: readonly Topic[];
  /** Of which all databases are copied. @default - none */
  readonly databases?: IDatabase;
}

const standard = {
  schedules: { topics: '*/5 * * * *', buckets: '2-59/15 * * * *', databases: '23 * * * *', verification: '41 3 * * *' },
  maximumAge: {
    topics: Duration.minutes(20),
    buckets: Duration.hours(1),
    databases: Duration.hours(3),
    verification: Duration.days(2),
  },
  keep: { hours: 24, days: 14 },
} as const;

/**
 * Copies of buckets, topics and databases in another object store, and a look whether they are whole. Make it last: what is granted of a
 * store after it is not copied, and then it is refused. The way back is the command `plumbline restore`, which nothing in the cluster has
 * the rights for.
 *
 * One CronJob and one identity for each part, which reads and changes nothing. Alerts follow from what {@link KubeStateMetrics} tells.
 * Secrets are in no backup: keep those of the cluster elsewhere.
 */
export class Backup extends Component {
  readonly software = [images.workers, images.postgres];
  readonly scrapeTargets: readonly ScrapeTarget[] = [];
  override readonly alerts: readonly Alert[];
  /** Its CronJobs, by what they do. */
  readonly jobs: Readonly<Partial<Record<BackupRun, PlatformCronJob>>>;
  private readonly destination: Endpoint;
  private readonly secret: SecretRef;

  /** @throws {InvalidPropError} if there is nothing to copy, a name is none of theirs, or the destination is no URL, or one of plain text where the platform encrypts */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: BackupProps,
  ) {
    super(scope, id, props);
    this.destination = destinationEndpoint(`${this.node.path}.to`, props.to, this.tls);
    this.secret = destinationSecret(this, props.to);
    const copies = defined({ buckets: this.copyBuckets(), topics: this.copyTopics(), databases: this.copyDatabases() });
    const parts = Object.keys(copies) as BackupPart[];
    if (parts.length === 0) throw new InvalidPropError(this.node.path, {}, 'a store, topics or databases');
    this.jobs = { ...copies, verification: this.verify(parts) };
    this.main(Object.values(this.jobs)[0] as PlatformCronJob);
    const watched = (run: BackupRun) => ({
      name: this.jobName(run),
      namespace: this.namespace,
      maximumAge: props.maximumAge?.[run] ?? standard.maximumAge[run],
    });
    this.alerts = backupAlerts(parts.map(watched), watched('verification'));
  }

  private copyBuckets(): PlatformCronJob | undefined {
    const { store, exceptBuckets = [] } = this.props;
    const isCopied = ({ name }: Bucket) => !exceptBuckets.includes(name);
    const buckets = store?.buckets.filter(isCopied) ?? [];
    this.refuseUnknown('exceptBuckets', exceptBuckets, store?.buckets ?? []);
    if (store === undefined || buckets.length === 0) return undefined;
    const job = this.job('buckets', () => {
      this.refuseLate('bucket', buckets, store.buckets.filter(isCopied));
      const which = buckets.map(({ name, versioning }) => ({ name, versioned: versioning }));
      return { part: 'buckets', keep: this.keep, buckets: which.sort((a, b) => compareText(a.name, b.name)) };
    });
    for (const bucket of buckets) job.use(bucket.grantBackup(job));
    return job;
  }

  private copyTopics(): PlatformCronJob | undefined {
    const { topics = [], windows = {} } = this.props;
    this.refuseUnknown('windows', Object.keys(windows), topics);
    const copied = topics.filter(
      ({ name, cleanupPolicy }) => cleanupPolicy === 'compact' || windows[name] !== undefined,
    );
    if (copied.length === 0) return undefined;
    const groups = Object.values(consumerGroups);
    const job = this.job('topics', () => ({
      part: 'topics',
      keep: this.keep,
      topics: copied.map(({ name }) => ({ name, ...defined({ windowSeconds: windows[name]?.toSeconds() }) })),
      groups,
    }));
    for (const topic of copied) job.use(topic.grantBackup(job, backupGroup, groups));
    return job;
  }

  private copyDatabases(): PlatformCronJob | undefined {
    const { databases: server, dumps = Size.gibibytes(5), dumpImage } = this.props;
    const names = [...(server?.databases ?? [])].sort(compareText);
    if (server === undefined || names.length === 0) return undefined;
    const content = (): BackupJob => {
      this.refuseLate('database', names.map(named), server.databases.map(named));
      return { part: 'databases', keep: this.keep, folder: dumpFolder, databases: names };
    };
    const initContainers = dumpContainers(names, dumpImage);
    const job = this.job('databases', content, { initContainers });
    const containers = initContainers.flatMap(({ name }) => name ?? []);
    job.mount(job.addScratch('dumps', dumps), dumpFolder, { containers: [...containers, 'backup'] });
    useServer(job, server, names);
    return job;
  }

  private verify(parts: readonly BackupPart[]): PlatformCronJob {
    const { readAll = ['topics', 'databases'] } = this.props;
    const [read, count] = [true, false].map((whole) => parts.filter((part) => readAll.includes(part) === whole));
    return this.job('verification', () => ({ part: 'verification', read: read ?? [], count: count ?? [] }));
  }

  private job(
    run: BackupRun,
    content: () => BackupJob,
    more: Pick<PlatformCronJobProps, 'initContainers'> = {},
  ): PlatformCronJob {
    const { schedules, image, to, resources = { cpu: '50m', memory: '128Mi', memoryLimit: '512Mi' } } = this.props;
    const job = new PlatformCronJob(this, run, {
      ...this.common,
      name: this.jobName(run),
      job: 'backup',
      schedule: schedules?.[run] ?? standard.schedules[run],
      file: ConfigFile.json('job.json', content),
      resources,
      ...defined({ image }),
      ...more,
    });
    useDestination(job, to, this.destination, this.secret);
    return job;
  }

  private get keep(): BackupKeep {
    return this.props.keep ?? standard.keep;
  }

  private jobName(run: BackupRun): string {
    return `${this.name}-${run}`;
  }

  private refuseUnknown(prop: string, names: readonly string[], known: readonly Named[]): void {
    const unknown = names.find((name) => !known.some((each) => each.name === name));
    if (unknown === undefined) return;
    const expected = `one of ${known.map(({ name }) => name).join(', ')}`;
    throw new InvalidPropError(`${this.node.path}.${prop}`, unknown, expected);
  }

  /** What came after it would be in no backup, and nobody would know. */
  private refuseLate(what: string, copied: readonly Named[], there: readonly Named[]): void {
    const late = there.find(({ name }) => !copied.some((each) => each.name === name));
    if (late !== undefined)
      throw new InvalidPropError(`${this.node.path}.${what}`, late.name, 'asked for before the backup is made');
  }
}

interface Named {
  readonly name: string;
}

function named(name: string): Named {
  return { name };
}
