import { Construct } from 'constructs';
import type { DatabaseAccess } from '../core/database';
import { defined } from '../core/defined';
import type { Endpoint } from '../core/endpoint';
import { DuplicateNameError, InvalidPropError } from '../core/errors';
import { SecretRef } from '../core/secret-ref';
import { refuseSharedSecret, type SecretSource } from '../core/secret-source';
import type { Workload } from '../core/workload';

/** Options of {@link DatabaseRoles}. */
export interface DatabaseRolesProps {
  /** What tells the server from others, in the names of Secrets. */
  readonly server: string;
  /** @default SecretSource.generated() */
  readonly source?: SecretSource | undefined;
  /** Namespace in which every Secret is, too, for who makes the roles. @default - it is in that of its workload only */
  readonly namespace?: string;
}

/** The administrator's role. */
export const administrator = 'postgres';

/** A role of each workload at a server: its Secret is `<workload>-<server>-sql` with `username` and `password`. */
export class DatabaseRoles extends Construct {
  private readonly byWorkload = new Map<Workload, SecretRef>();

  /** @throws {InvalidPropError} for a source that would give several roles one Secret */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: DatabaseRolesProps,
  ) {
    super(scope, id);
    refuseSharedSecret(`${scope.node.path}.credentials`, props.source, 'sql');
  }

  /** Names of the roles that workloads have, in the order in which they came. */
  get names(): readonly string[] {
    return Array.from(this.byWorkload.keys(), ({ name }) => name);
  }

  /**
   * The role of a workload.
   *
   * @param onMade called the first time
   * @throws {DuplicateNameError} if a workload of the same name in another namespace has a role already
   * @throws {InvalidPropError} if the server keeps the name for itself
   */
  of(workload: Workload, onMade: (secret: SecretRef) => void = () => undefined): SecretRef {
    const present = this.byWorkload.get(workload);
    if (present !== undefined) return present;
    const { name, namespace } = workload;
    if (this.names.includes(name)) throw new DuplicateNameError('role', name, `database server ${this.props.server}`);
    if (reserved.includes(name)) throw new InvalidPropError('role', name, 'a name that the server leaves to others');
    const made = this.secret(name, namespace);
    this.byWorkload.set(workload, made);
    onMade(made);
    return made;
  }

  /** The Secret of a role. @param namespace where it is used */
  secret(role: string, namespace: string): SecretRef {
    const { server, source, namespace: home = namespace } = this.props;
    const name = role === administrator ? `${server}-admin` : `${role}-${server}-sql`;
    return new SecretRef(this, `${namespace}-${role}`, {
      name,
      namespace: home,
      keys: { username: { kind: 'literal', value: role }, password: { kind: 'password' } },
      ...defined({ source, copies: home === namespace ? undefined : [{ namespace, name }] }),
    });
  }
}

/** Of databases and of roles; names that begin with `pg_` are no names of workloads. */
const reserved: readonly string[] = [administrator, 'template0', 'template1', 'public', 'none'];

/** Lets a workload connect to a server. @param secret with the name and password of its role */
export function accessTo(server: Endpoint, workload: Workload, database: string, secret: SecretRef): DatabaseAccess {
  const { host, port, authority, tls } = workload.connectTo(server);
  const credentials = { username: secret.key('username'), password: secret.key('password') };
  return { kind: 'database', host, port, authority, ...defined({ tls }), database, credentials, secret };
}

/** @throws {InvalidPropError} if a workload is to use a role whose Secret is in another namespace */
export function refuseOtherNamespace(workload: Workload, owner: Workload): void {
  if (workload.namespace !== owner.namespace)
    throw new InvalidPropError(
      `${workload.node.path}.namespace`,
      workload.namespace,
      `${owner.namespace}, as of ${owner.name}`,
    );
}
