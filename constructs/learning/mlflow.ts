import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import type { IBucket } from '../core/bucket';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { IDatabase } from '../core/database';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { Job } from '../core/job';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import type { ServerProps } from '../core/server-description';
import type { ServerTls } from '../core/server-tls';
import { webUrl } from '../core/tls-settings';
import type { Workload } from '../core/workload';
import { mlflowAlerts } from './mlflow-alerts';
import { allowedHosts, authSettings, settings, storeArtifacts, writeIni } from './mlflow-config';
import { start, users as usersScript } from './mlflow-scripts';
import { postgresUri, script, usePostgres } from './python-programs';
import {
  accessTo,
  ExternalModelRegistry,
  type ExternalModelRegistryProps,
  type IModelRegistry,
  type RegistryAccess,
} from './model-registry';
import { ServerUsers } from './server-users';

/** Options of an {@link Mlflow}. */
export interface MlflowProps extends ComponentProps, ServerProps {
  /** Where runs, models and users are kept. */
  readonly database: IDatabase;
  /** Where files of runs are kept; clients get them through the server, and need no right there. */
  readonly artifacts: IBucket;
  /** Names, beside those of its Service, at which browsers and clients reach it; it refuses every other. @default - none */
  readonly hosts?: readonly string[];
  /** A door from outside; say its name in {@link hosts}. @default - none; `kubectl port-forward` works */
  readonly exposure?: IExposure;
  /** Who makes the passwords of the administrator and of every workload. @default SecretSource.generated() */
  readonly credentials?: SecretSource;
}

const folder = '/etc/mlflow';
/** Of no user in the image, which has none of its own but root. */
const user = 1001;

/**
 * MLflow: runs with their parameters and measures, and versions of models with their aliases. Every workload has a user of its own, which
 * reads everything and writes what it made. Files go through the server to the bucket.
 */
export class Mlflow extends Component implements IModelRegistry {
  /** An MLflow that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalModelRegistryProps): IModelRegistry {
    return new ExternalModelRegistry(scope, id, props);
  }

  readonly software = [images.mlflow];
  /** Its metrics ask for a password. */
  readonly scrapeTargets: readonly ScrapeTarget[] = [];
  override readonly alerts: readonly Alert[] = mlflowAlerts(this.name, this.namespace);
  /** The page and the API, port 5000. */
  readonly http: ServiceEndpoint;
  /** User `admin` and the password of the first start, key `password`. */
  readonly credentials: SecretRef;
  private readonly users: ServerUsers;
  private readonly job: Job;

  constructor(scope: Construct, id: string, props: MlflowProps) {
    super(scope, id, props);
    const { credentials: source = SecretSource.generated() } = props;
    const { name: server, namespace } = this;
    this.users = new ServerUsers(this, 'users', { server, source, namespace });
    this.credentials = new SecretRef(this, 'credentials', {
      name: `${this.name}-admin`,
      keys: {
        username: { kind: 'literal', value: 'admin' },
        password: { kind: 'password' },
        sessionKey: { kind: 'password' },
      },
      source,
    });
    const { workload, endpoints } = this.deployment('server', props, {
      image: images.mlflow,
      user,
      role: 'model-registry',
      command: ['python', `${folder}/start.py`],
      args: [
        '--host=0.0.0.0',
        `--port=${ports.mlflow}`,
        '--serve-artifacts',
        '--app-name=basic-auth',
        // Each takes some 250 MiB.
        '--workers=1',
        ...encryptionOf(this.tls),
      ],
      env: { ...settings, MLFLOW_AUTH_CONFIG_PATH: `${folder}/auth.ini` },
      envFrom: {
        MLFLOW_AUTH_ADMIN_USERNAME: this.credentials.key('username'),
        MLFLOW_AUTH_ADMIN_PASSWORD: this.credentials.key('password'),
        MLFLOW_FLASK_SERVER_SECRET_KEY: this.credentials.key('sessionKey'),
      },
      resources: { cpu: '100m', memory: '512Mi', memoryLimit: '1Gi' },
      ports: { http: { port: ports.mlflow, scheme: 'http', tls: true } },
      probes: { ready: '/health', startup: Duration.minutes(10) },
      // What is uploaded is written there first.
      scratch: { tmp: { path: '/tmp', size: Size.gibibytes(1) } },
      files: {
        path: folder,
        files: [
          ConfigFile.written('auth.ini', () => ({ mlflow: authSettings(access) }), writeIni),
          script('start.py', start),
        ],
      },
    });
    const access = props.database.grantOwn(workload);
    workload.setEnv('MLFLOW_BACKEND_STORE_URI', postgresUri('psycopg2', access));
    usePostgres(workload, access);
    storeArtifacts(workload, props.artifacts.grantOwn(workload));
    this.http = endpoints.http;
    workload.setEnv('MLFLOW_SERVER_ALLOWED_HOSTS', allowedHosts(this.http.host, props.hosts).join(','));
    this.job = this.userMaker(props);
    if (props.exposure !== undefined) this.http.expose(props.exposure);
  }

  grantUse(workload: Workload): RegistryAccess {
    return accessTo(this.http, workload, this.users.of(workload, this.job));
  }

  /** Waits for the server by failing, as every Job does. */
  private userMaker(props: MlflowProps): Job {
    const job = new Job(this, 'users-job', {
      ...this.common,
      name: `${this.name}-users`,
      role: 'job',
      runAs: { user },
      container: {
        name: 'users',
        image: images.mlflow,
        ...defined({ imageOverride: props.image }),
        command: ['python', `${folder}/users.py`],
        env: { HOME: '/tmp' },
        envFrom: { ADMIN_USERNAME: this.credentials.key('username'), ADMIN_PASSWORD: this.credentials.key('password') },
        resources: { cpu: '25m', memory: '64Mi' },
      },
    });
    const connection = job.connectTo(this.http);
    job.setEnv('MLFLOW_TRACKING_URI', webUrl(connection));
    if (connection.tls?.caFile !== undefined) job.setEnv('SSL_CERT_FILE', connection.tls.caFile);
    job.mount(job.addConfig('script', [script('users.py', usersScript)]), folder);
    return job;
  }
}

/** @see https://www.uvicorn.org/settings/#https */
function encryptionOf(tls: ServerTls | undefined): readonly string[] {
  return tls === undefined ? [] : [`--uvicorn-opts=--ssl-certfile=${tls.certFile} --ssl-keyfile=${tls.keyFile}`];
}
