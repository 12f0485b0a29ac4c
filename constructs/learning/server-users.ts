import { Construct } from 'constructs';
import { DuplicateNameError } from '../core/errors';
import { SecretRef } from '../core/secret-ref';
import { refuseSharedSecret, type SecretSource } from '../core/secret-source';
import type { Job } from '../core/job';
import type { Workload } from '../core/workload';

/** Options of {@link ServerUsers}. */
export interface ServerUsersProps {
  /** What tells the server from others, in the names of Secrets. */
  readonly server: string;
  readonly source: SecretSource;
  /** Namespace in which every Secret is, too, for who makes the users. @default - it is in that of its workload only */
  readonly namespace?: string;
}

/** A user of each workload at a server: its Secret is `<workload>-<server>-user` with `username` and `password`. */
export class ServerUsers extends Construct {
  private readonly byWorkload = new Map<Workload, SecretRef>();

  /** @throws {InvalidPropError} for a source that would give several users one Secret */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: ServerUsersProps,
  ) {
    super(scope, id);
    refuseSharedSecret(`${scope.node.path}.credentials`, props.source, 'user');
  }

  /**
   * The user of a workload.
   *
   * @param maker is given the Secret as files of {@link usersFolder} the first time
   * @throws {DuplicateNameError} if a workload of the same name in another namespace has one
   */
  of(workload: Workload, maker?: Job): SecretRef {
    const present = this.byWorkload.get(workload);
    if (present !== undefined) return present;
    const { server, source, namespace: home = workload.namespace } = this.props;
    for (const { name } of this.byWorkload.keys())
      if (name === workload.name) throw new DuplicateNameError('user', name, `server ${server}`);
    const name = `${workload.name}-${server}-user`;
    const made = new SecretRef(this, `${workload.namespace}-${workload.name}`, {
      name,
      namespace: home,
      keys: { username: { kind: 'literal', value: workload.name }, password: { kind: 'password' } },
      source,
      ...(home !== workload.namespace && { copies: [{ namespace: workload.namespace, name }] }),
    });
    this.byWorkload.set(workload, made);
    maker?.mount(maker.addSecret(`user-${workload.name}`, made), `${usersFolder}/${workload.name}`);
    return made;
  }
}

/** Where who makes users finds a folder for each, with `username` and `password`. */
export const usersFolder = '/run/users';
