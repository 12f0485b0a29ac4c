import { Construct } from 'constructs';
import type { UserCredentials } from '../core/connection';
import { defined } from '../core/defined';
import { DuplicateNameError } from '../core/errors';
import { SecretRef } from '../core/secret-ref';
import { refuseSharedSecret, type SecretSource } from '../core/secret-source';
import type { Workload } from '../core/workload';

/** Options of {@link KafkaUsers}. */
export interface KafkaUsersProps {
  /** What tells the brokers from others, in the names of Secrets. */
  readonly stream: string;
  readonly source: SecretSource;
  /** Namespace in which every Secret is, too, for who makes the users. @default - it is in that of its workload only */
  readonly namespace?: string;
}

/** A user of each workload at some brokers: SCRAM-SHA-256, its Secret `<workload>-<stream>-kafka` with `username` and `password`. */
export class KafkaUsers extends Construct {
  private readonly byWorkload = new Map<Workload, SecretRef>();
  private onMade: ((name: string, secret: SecretRef) => void) | undefined;

  /** @throws {InvalidPropError} for a source that would give several users one Secret */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: KafkaUsersProps,
  ) {
    super(scope, id);
    refuseSharedSecret(`${scope.node.path}.users`, props.source, 'kafka');
  }

  /** @throws {DuplicateNameError} if a workload of the same name in another namespace is a user already */
  of(workload: Workload): SecretRef {
    const present = this.byWorkload.get(workload);
    if (present !== undefined) return present;
    for (const { name } of this.byWorkload.keys()) {
      if (name === workload.name) throw new DuplicateNameError('user', name, `event stream ${this.props.stream}`);
    }
    const made = this.user(workload.name, workload.namespace);
    this.byWorkload.set(workload, made);
    this.onMade?.(workload.name, made);
    return made;
  }

  /** Names of the users that workloads are, in the order in which they came. */
  get names(): readonly string[] {
    return Array.from(this.byWorkload.keys(), ({ name }) => name);
  }

  /** Tells who makes users of each, also of those that are still to come. */
  tell(onMade: (name: string, secret: SecretRef) => void): void {
    this.onMade = onMade;
    for (const [{ name }, secret] of this.byWorkload) onMade(name, secret);
  }

  /** A user that is no workload. */
  user(name: string, namespace: string): SecretRef {
    const { stream, source, namespace: home = namespace } = this.props;
    const secret = `${name}-${stream}-kafka`;
    return new SecretRef(this, `${namespace}-${name}`, {
      name: secret,
      namespace: home,
      keys: { username: { kind: 'literal', value: name }, password: { kind: 'password' } },
      source,
      ...defined({ copies: home === namespace ? undefined : [{ namespace, name: secret }] }),
    });
  }
}

/** A user's name and password, as variables and files take them. */
export function credentialsOf(secret: SecretRef): UserCredentials {
  return { username: secret.key('username'), password: secret.key('password'), secret };
}
