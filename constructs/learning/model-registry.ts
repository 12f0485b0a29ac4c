import { Construct } from 'constructs';
import { environmentKeys } from '../contracts';
import type { Connection, UserCredentials } from '../core/connection';
import type { Endpoint } from '../core/endpoint';
import type { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import { trust } from '../core/use';
import { webUrl } from '../core/tls-settings';
import type { Workload } from '../core/workload';
import { ServerUsers } from './server-users';

/** How a workload that was granted a registry of models reaches it. Whoever uses it says how it is configured. */
export interface RegistryAccess {
  readonly kind: 'model-registry';
  readonly connection: Connection;
  /** Its own user. @default - the registry asks for none */
  readonly credentials?: UserCredentials;
}

/** Keeps versions of models, and the runs that they are of, by the API of MLflow. */
export interface IModelRegistry {
  /**
   * Lets a workload read every model and run, and make its own, as a user of its own name.
   *
   * @throws {DuplicateNameError} if a workload of the same name in another namespace has a user
   */
  grantUse(workload: Workload): RegistryAccess;
}

/** Tells a program of the worker image of the registry, by the names that MLflow's own clients know. */
export function useRegistry(workload: Workload, { connection, credentials }: RegistryAccess): void {
  workload.setEnv(environmentKeys.mlflowUri, webUrl(connection));
  trust(workload, connection);
  if (credentials === undefined) return;
  workload.setEnvFrom(environmentKeys.mlflowUsername, credentials.username);
  workload.setEnvFrom(environmentKeys.mlflowPassword, credentials.password);
}

/** Options of {@link Mlflow.fromExternal}. */
export interface ExternalModelRegistryProps {
  /** `Endpoint.external('mlflow.example.org', 443, { scheme: 'https' })`. */
  readonly endpoint: Endpoint;
  /**
   * Where users come from: a Secret `<workload>-<id>-user` with `username` and `password` in each namespace; `'none'` for a registry that
   * asks nobody who he is.
   *
   * @default SecretSource.existing()
   */
  readonly credentials?: SecretSource | 'none';
}

/** An MLflow that is not ours: whoever runs it makes a user for each workload that is granted it. */
export class ExternalModelRegistry extends Construct implements IModelRegistry {
  private readonly users: ServerUsers | undefined;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ExternalModelRegistryProps,
  ) {
    super(scope, id);
    const { credentials: source = SecretSource.existing() } = props;
    this.users = source === 'none' ? undefined : new ServerUsers(this, 'users', { server: id, source });
  }

  grantUse(workload: Workload): RegistryAccess {
    return accessTo(this.props.endpoint, workload, this.users?.of(workload));
  }
}

/** Lets a workload connect to a registry. @param user with the name and password of its user */
export function accessTo(endpoint: Endpoint, workload: Workload, user: SecretRef | undefined): RegistryAccess {
  const connection = workload.connectTo(endpoint);
  const credentials = user && { username: user.key('username'), password: user.key('password') };
  return { kind: 'model-registry', connection, ...(credentials && { credentials }) };
}
