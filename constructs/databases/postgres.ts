import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports, type DatabasesJob } from '../contracts';
import { images } from '../images';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { compareText } from '../core/content-hash';
import type { DatabaseAccess, IDatabase } from '../core/database';
import { defined } from '../core/defined';
import { InvalidPropError } from '../core/errors';
import type { ServiceEndpoint } from '../core/endpoint';
import { PlatformJob } from '../core/platform-job';
import { Probe, type ProbeTiming } from '../core/probe';
import { mebibytes } from '../core/quantity';
import { memoryLimitOf } from '../core/resources';
import type { SecretRef } from '../core/secret-ref';
import type { SecretSource } from '../core/secret-source';
import type { ServerProps } from '../core/server-description';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { accessTo, administrator, DatabaseRoles, refuseOtherNamespace } from './database-roles';
import { ExternalDatabase, type ExternalDatabaseProps } from './external-database';
import { postgresAlerts } from './postgres-alerts';
import { hostRules, postgresConfig, writeHostRules, writeSettings } from './postgres-config';

/** Options of a {@link Postgres}. */
export interface PostgresProps extends ComponentProps, ServerProps {
  /** @default 5 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** Clients at once; each takes a few MiB. @default 60 */
  readonly connections?: number;
  /** Who makes the passwords of the administrator and of every workload. @default SecretSource.generated() */
  readonly credentials?: SecretSource;
  /** Image of the Job that makes databases and roles. @default - the worker image of this version */
  readonly jobImage?: string;
}

const configFolder = '/etc/postgresql';
const secretFolder = '/run/administrator';
const [major = ''] = images.postgres.tag.split('.');

/**
 * One PostgreSQL over one volume, for the state of other components. Databases and their owners are reconciled by a Job. While its pod is
 * moved, a minute or so, nobody has a database; where that is too long or backups are somebody's work already, use
 * {@link Postgres.fromExternal}.
 */
export class Postgres extends Component implements IDatabase {
  /** A PostgreSQL server that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalDatabaseProps): IDatabase {
    return new ExternalDatabase(scope, id, props);
  }

  readonly software = [images.postgres];
  /** A {@link PostgresExporter} tells them. */
  readonly scrapeTargets: readonly ScrapeTarget[] = [];
  override readonly alerts = postgresAlerts(this.name, this.namespace);
  /** PostgreSQL's protocol, port 5432. */
  readonly sql: ServiceEndpoint;
  private readonly roles: DatabaseRoles;
  private readonly monitors: string[] = [];
  private readonly readers: string[] = [];
  private readonly job: PlatformJob;

  constructor(scope: Construct, id: string, props: PostgresProps = {}) {
    super(scope, id, props);
    const { connections = 60, credentials: source, volume = { size: Size.gibibytes(5) } } = props;
    const { tls, name: server, namespace } = this;
    this.roles = new DatabaseRoles(this, 'roles', { server, source, namespace });
    const admin = this.roles.secret(administrator, namespace);
    const standard = { cpu: '50m', memory: '128Mi', memoryLimit: '256Mi' };
    const memory = memoryLimitOf(props.resources ?? standard);
    const memoryMebibytes = mebibytes(`${this.node.path}.resources.memory`, memory);
    const { workload, endpoints } = this.statefulSet('server', props, {
      image: images.postgres,
      user: 999,
      role: 'database',
      args: ['postgres', `--config_file=${configFolder}/postgresql.conf`],
      env: {
        // A folder of the volume, which may have files of its own (`lost+found`), and of the major version, as upgrades need both.
        PGDATA: `/var/lib/postgresql/${major}/docker`,
        POSTGRES_PASSWORD_FILE: `${secretFolder}/password`,
        // Order of texts that is PostgreSQL's own: a newer C library under the same data would else break indexes.
        POSTGRES_INITDB_ARGS: '--locale-provider=builtin --builtin-locale=C.UTF-8',
      },
      resources: standard,
      ports: { sql: { port: ports.postgres, tls: true } },
      probes: {
        ready: isReady(),
        // After a crash it first reads its log of changes.
        startup: isReady({ failures: 60 }),
        alive: isReady({ failures: 6 }),
      },
      claims: { data: { path: '/var/lib/postgresql', ...volume } },
      scratch: {
        run: { path: '/var/run/postgresql', size: Size.mebibytes(8) },
        tmp: { path: '/tmp', size: Size.mebibytes(64) },
      },
      files: {
        path: configFolder,
        files: [
          ConfigFile.written(
            'postgresql.conf',
            () =>
              postgresConfig({ connections, memoryMebibytes, folder: configFolder, tls, monitored: this.isMonitored }),
            writeSettings,
          ),
          ConfigFile.written('pg_hba.conf', () => ({ rules: hostRules(tls) }), writeHostRules),
        ],
      },
      // Time for a checkpoint, without which the next start takes longer.
      gracePeriod: Duration.minutes(2),
    });
    workload.mount(workload.addSecret('administrator', admin, ['password']), secretFolder);
    this.sql = endpoints.sql;
    this.job = this.reconciler(props, admin);
  }

  /** Names of the databases that were granted, each with an owner of the same name. */
  get databases(): readonly string[] {
    return this.roles.names.filter((name) => !this.monitors.includes(name) && !this.readers.includes(name));
  }

  grantOwn(workload: Workload): DatabaseAccess {
    return this.access(workload, workload);
  }

  grantShared(workload: Workload, owner: Workload): DatabaseAccess {
    refuseOtherNamespace(workload, owner);
    return this.access(workload, owner);
  }

  /** The server measures statements from then on, for which it starts again. */
  grantMonitor(workload: Workload): DatabaseAccess {
    return this.besides(workload, this.monitors);
  }

  grantBackup(workload: Workload): DatabaseAccess {
    return this.besides(workload, this.readers);
  }

  /** A role that has no database. */
  private besides(workload: Workload, kind: string[]): DatabaseAccess {
    const { name } = workload;
    if (this.databases.includes(name)) throw new InvalidPropError('role', name, 'one without a database of its own');
    const secret = this.role(workload);
    if (!kind.includes(name)) kind.push(name);
    return accessTo(this.sql, workload, administrator, secret);
  }

  private access(workload: Workload, owner: Workload): DatabaseAccess {
    const { name } = owner;
    if (this.monitors.includes(name) || this.readers.includes(name))
      throw new InvalidPropError('role', name, 'one that does not monitor the server or copy it');
    return accessTo(this.sql, workload, name, this.role(owner));
  }

  private role(owner: Workload): SecretRef {
    return this.roles.of(owner, (made) => {
      this.job.mount(this.job.addSecret(`role-${owner.name}`, made), roleDirectory(owner.name));
    });
  }

  private get isMonitored(): boolean {
    return this.monitors.length > 0;
  }

  private reconciler(props: PostgresProps, admin: SecretRef): PlatformJob {
    const job = new PlatformJob(this, 'job', {
      ...this.common,
      name: `${this.name}-databases`,
      job: 'databases',
      file: ConfigFile.json('job.json', () => this.jobContent()),
      ...defined({ image: props.jobImage }),
    });
    job.use(accessTo(this.sql, job, administrator, admin));
    return job;
  }

  private jobContent(): DatabasesJob {
    const roles = (names: readonly string[]) =>
      names.toSorted(compareText).map((name) => ({ name, directory: roleDirectory(name) }));
    return {
      databases: roles(this.databases),
      ...(this.isMonitored && { monitors: roles(this.monitors) }),
      ...(this.readers.length > 0 && { readers: roles(this.readers) }),
    };
  }
}

/** Over TCP, which the server that sets up the folder does not take. */
function isReady(timing?: ProbeTiming): Probe {
  return Probe.command(['pg_isready', '--host=127.0.0.1', `--username=${administrator}`, '--quiet'], timing);
}

function roleDirectory(name: string): string {
  return `/run/roles/${name}`;
}
