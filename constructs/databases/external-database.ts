import { Construct } from 'constructs';
import type { DatabaseAccess, IDatabase } from '../core/database';
import type { Endpoint } from '../core/endpoint';
import { SecretSource } from '../core/secret-source';
import type { Workload } from '../core/workload';
import { accessTo, administrator, DatabaseRoles, refuseOtherNamespace } from './database-roles';

/** Options of {@link Postgres.fromExternal}. */
export interface ExternalDatabaseProps {
  /** `Endpoint.external(host, 5432, { tls: {} })`, or with the authority that signed its certificate. */
  readonly endpoint: Endpoint;
  /** Name of the database of each workload, by its name. @default - as the workload is called; `postgres` for who reads statistics */
  readonly databases?: Readonly<Record<string, string>>;
  /**
   * Where roles come from: a Secret `<workload>-<id>-sql` with `username` and `password` in each namespace.
   *
   * @default SecretSource.existing()
   */
  readonly credentials?: SecretSource;
}

/**
 * A PostgreSQL server that is not ours: whoever runs it makes a role and a database for each workload that is granted one, and for each that
 * reads statistics a role that is a member of `pg_monitor`, and for each that makes backups one that is a member of `pg_read_all_data`; of statements, if it has the extension `pg_stat_statements` in that database.
 */
export class ExternalDatabase extends Construct implements IDatabase {
  private readonly roles: DatabaseRoles;
  private readonly granted: string[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExternalDatabaseProps,
  ) {
    super(scope, id);
    const { credentials: source = SecretSource.existing() } = props;
    this.roles = new DatabaseRoles(this, 'roles', { server: id, source });
  }

  get databases(): readonly string[] {
    return this.granted;
  }

  grantOwn(workload: Workload): DatabaseAccess {
    return this.access(workload, workload);
  }

  grantShared(workload: Workload, owner: Workload): DatabaseAccess {
    refuseOtherNamespace(workload, owner);
    return this.access(workload, owner);
  }

  grantMonitor(workload: Workload): DatabaseAccess {
    const { endpoint, databases = {} } = this.props;
    return accessTo(endpoint, workload, databases[workload.name] ?? administrator, this.roles.of(workload));
  }

  /** As {@link grantMonitor}: it has a role, and no database. */
  grantBackup(workload: Workload): DatabaseAccess {
    return this.grantMonitor(workload);
  }

  private access(workload: Workload, owner: Workload): DatabaseAccess {
    const { endpoint, databases = {} } = this.props;
    const name = databases[owner.name] ?? owner.name;
    if (!this.granted.includes(name)) this.granted.push(name);
    return accessTo(endpoint, workload, name, this.roles.of(owner));
  }
}
