import type { ClientTls, UserCredentials } from './connection';
import type { SecretRef } from './secret-ref';
import type { Workload } from './workload';

/** How a workload that was granted a database reaches it. Whoever uses it says how it is configured. */
export interface DatabaseAccess {
  readonly kind: 'database';
  readonly host: string;
  readonly port: number;
  /** `host:port`. */
  readonly authority: string;
  /** @default - plain text */
  readonly tls?: ClientTls;
  /** Name of the database. */
  readonly database: string;
  /** The role that owns it. */
  readonly credentials: UserCredentials;
  /** The same, for who reads files: keys `username` and `password`. */
  readonly secret: SecretRef;
}

/** Keeps tables, by the protocol of PostgreSQL. */
export interface IDatabase {
  /** Names of the databases that were granted so far. */
  readonly databases: readonly string[];

  /**
   * A database of the workload's own, and the role that owns it: both of its name, and nobody else's. The role may do nothing elsewhere.
   *
   * @throws {DuplicateNameError} if a workload of the same name in another namespace has one
   * @throws {InvalidPropError} if the server keeps the name for itself
   */
  grantOwn(workload: Workload): DatabaseAccess;

  /**
   * Lets another workload of the same product use the database of `owner`, as its role.
   *
   * @throws {InvalidPropError} if they are in two namespaces: the role's password is in that of the owner
   */
  grantShared(workload: Workload, owner: Workload): DatabaseAccess;

  /**
   * A role of the workload's name that reads statistics of the whole server (`pg_monitor`), and no table.
   *
   * @throws {DuplicateNameError} if a workload of the same name in another namespace has a role
   * @throws {InvalidPropError} if the workload has a database of its own, or the server keeps the name for itself
   */
  grantMonitor(workload: Workload): DatabaseAccess;

  /**
   * A role of the workload's name that reads every table of every database here (`pg_read_all_data`) and changes none, for who copies them
   * elsewhere.
   *
   * @throws {DuplicateNameError} if a workload of the same name in another namespace has a role
   * @throws {InvalidPropError} if the workload has a database of its own, or the server keeps the name for itself
   */
  grantBackup(workload: Workload): DatabaseAccess;
}
