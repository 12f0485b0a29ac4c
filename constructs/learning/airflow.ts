import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { environmentKeys, ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import type { Connection, UserCredentials } from '../core/connection';
import type { Dashboard } from '../core/dashboard';
import type { IDatabase } from '../core/database';
import { defined } from '../core/defined';
import type { Deployment } from '../core/deployment';
import type { Endpoint, IExposure, ServiceEndpoint } from '../core/endpoint';
import { Job } from '../core/job';
import { Probe } from '../core/probe';
import type { Resources } from '../core/resources';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import type { Server, ServerProps } from '../core/server-description';
import type { StatefulSet } from '../core/stateful-set';
import { TaskPod } from '../core/task-pod';
import { webUrl } from '../core/tls-settings';
import { trust } from '../core/use';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { airflowAlerts } from './airflow-alerts';
import { airflowDashboard } from './airflow-dashboard';
import {
  airflowHome,
  commonEnv,
  dagFolder,
  encryptionOf,
  sendMetrics,
  shareDatabase,
  shareKeys,
  useExecutionApi,
} from './airflow-settings';
import { setup } from './airflow-setup';
import { script } from './python-programs';
import { ServerUsers } from './server-users';
import { connectTrainer, trainerContainer, trainerPod, type TrainerProps, type TrainerWires } from './trainer';
import { trainingDag, trainingDagFiles } from './training-dag';
import { weekly } from './training-schedule';

/** What the training of an {@link Airflow} is. */
export interface AirflowTrainingProps extends TrainerProps, TrainerWires {
  /** Cron expression, UTC. @default '0 3 * * 0' - Sunday at three */
  readonly schedule?: string;
  /** How often a step that failed is tried again. @default 2 */
  readonly retries?: number;
  /** How long one step may take. @default Duration.hours(2) */
  readonly stepTimeout?: Duration;
}

/** Options of an {@link Airflow}. */
export interface AirflowProps extends ComponentProps {
  /** Where runs, users and serialized DAGs are kept. */
  readonly database: IDatabase;
  readonly training: AirflowTrainingProps;
  /** Where metrics go, by OTLP over HTTP: `otel.otlpHttp`. @default - there are none; that pods are ready is told by the kubelet */
  readonly metrics?: Endpoint;
  /** Logs of tasks. @default 2 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** URL at which people reach it. @default - Airflow's own guess */
  readonly url?: string;
  /** A door from outside. @default - none; `kubectl port-forward` works */
  readonly exposure?: IExposure;
  /** Who makes keys and passwords. @default SecretSource.generated() */
  readonly credentials?: SecretSource;
  /** A whole image reference. @default - that of the images table */
  readonly image?: string;
  /** By server. @default - as they take with one DAG */
  readonly resources?: Readonly<Partial<Record<'api' | 'scheduler' | 'dagProcessor', Resources>>>;
}

/** How a workload that may start the training does so. */
export interface TrainingTrigger {
  readonly connection: Connection;
  readonly credentials: UserCredentials;
}

const image = images.airflow;
/** Of the image: its group is root's, whose it may be all the same. */
const user = 50000;
type Part = 'api-server' | 'scheduler' | 'dag-processor';

/**
 * Apache Airflow with one DAG, the training of the models of traces: API server, scheduler with LocalExecutor, DAG processor. Its steps are
 * pods beside it, and may what {@link trainer} was granted; the scheduler may make pods in its own namespace, and so read every Secret that
 * is there: give it a namespace of its own.
 */
export class Airflow extends Component {
  readonly software = [image];
  /** It sends its metrics. */
  readonly scrapeTargets: readonly ScrapeTarget[] = [];
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  /** Page and REST API, port 8080. */
  readonly http: ServiceEndpoint;
  /** User `admin` and its password, key `password`. */
  readonly credentials: SecretRef;
  /** What the steps of a training run as. */
  readonly trainer: TaskPod;
  private readonly keys: SecretRef;
  private readonly users: ServerUsers;
  private readonly job: Job;

  constructor(scope: Construct, id: string, props: AirflowProps) {
    super(scope, id, props);
    const { name, namespace } = this;
    const { credentials: source = SecretSource.generated() } = props;
    this.users = new ServerUsers(this, 'users', { server: name, source, namespace });
    this.credentials = new SecretRef(this, 'credentials', {
      name: `${name}-admin`,
      keys: { username: { kind: 'literal', value: 'admin' }, password: { kind: 'password' } },
      source,
    });
    this.keys = new SecretRef(this, 'keys', {
      name: `${name}-keys`,
      keys: {
        jwtSecret: { kind: 'base64Key' },
        secretKey: { kind: 'base64Key' },
        fernetKey: { kind: 'base64Key' },
      },
      source,
    });
    this.trainer = new TaskPod(this, 'trainer', {
      ...this.common,
      name: `${name}-training`,
      ...trainerPod(props.training),
    });
    connectTrainer(this.trainer, props.training);

    const api = this.apiServer(props);
    this.http = api.endpoints.http;
    const scheduler = this.scheduler(props);
    const processor = this.dagProcessor(props);
    this.job = this.setUp(props);

    const owner = api.workload;
    const common: readonly Workload[] = [owner, scheduler.workload, processor.workload, this.job];
    for (const each of common) {
      shareKeys(each, this.keys);
      shareDatabase(each, each === owner ? props.database.grantOwn(each) : props.database.grantShared(each, owner));
    }
    useExecutionApi(scheduler.workload, this.http);
    for (const each of [scheduler.workload, processor.workload]) this.mountDags(each, props.training);
    // Logs of a task are read from where it ran, whose name is in the database, and past any proxy of the pods.
    owner.setEnv('NO_PROXY', owner.connectTo(scheduler.endpoints.logs).authority);
    scheduler.workload.grantApi(namespace, [
      { apiGroups: [''], resources: ['pods'], verbs: ['create', 'get', 'list', 'watch', 'delete'] },
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    ]);
    if (props.metrics !== undefined)
      for (const each of [scheduler.workload, processor.workload]) sendMetrics(each, props.metrics, name);
    const metrics = props.metrics !== undefined;
    this.alerts = airflowAlerts({ job: name, namespace, metrics });
    this.dashboards = metrics ? [airflowDashboard(name)] : [];
    if (props.exposure !== undefined) this.http.expose(props.exposure);
  }

  /**
   * Lets a workload start the training, as a user of its own name who may do nothing else.
   *
   * @throws {DuplicateNameError} if a workload of the same name in another namespace may
   */
  grantTrigger(workload: Workload): TrainingTrigger {
    const secret = this.users.of(workload, this.job);
    const connection = workload.connectTo(this.http);
    return { connection, credentials: { username: secret.key('username'), password: secret.key('password') } };
  }

  private apiServer(props: AirflowProps): Server<Deployment, 'http'> {
    return this.deployment('api', this.own(props, props.resources?.api), {
      ...this.described('api-server', props),
      args: started('api-server'),
      resources: { cpu: '100m', memory: '512Mi', memoryLimit: '1Gi' },
      env: { ...commonEnv(props.url), AIRFLOW__API__PORT: String(ports.airflow), ...encryptionOf(this.tls) },
      ports: { http: { port: ports.airflow, scheme: 'http', tls: true } },
      probes: {
        // It says of all servers how they are, and 200 whatever that is.
        ready: '/api/v2/monitor/health',
        alive: Probe.http('http', '/api/v2/version', { failures: 6 }),
        startup: slowStart,
      },
    });
  }

  private scheduler(props: AirflowProps): Server<StatefulSet, 'logs'> {
    const server = this.statefulSet('scheduler', this.own(props, props.resources?.scheduler), {
      ...this.described('scheduler', props),
      args: started('scheduler'),
      resources: { cpu: '100m', memory: '512Mi', memoryLimit: '1536Mi' },
      // By name: of the pod, which a certificate would not be for; requests are signed.
      ports: { logs: { port: ports.airflowLogs, forClients: false } },
      listens: { health: ports.airflowScheduler },
      probes: {
        ready: Probe.http('health', '/health'),
        alive: Probe.http('health', '/health', { failures: 12 }),
        startup: Probe.http('health', '/health', { failures: 60 }),
      },
      claims: { logs: { path: `${airflowHome}/logs`, ...(props.volume ?? { size: Size.gibibytes(2) }) } },
      // A step that is being waited for is found again.
      gracePeriod: Duration.seconds(60),
    });
    return server;
  }

  private dagProcessor(props: AirflowProps): Server<Deployment, never> {
    return this.deployment('dag-processor', this.own(props, props.resources?.dagProcessor), {
      ...this.described('dag-processor', props),
      args: started('dag-processor'),
      resources: { cpu: '50m', memory: '384Mi', memoryLimit: '768Mi' },
      ports: {},
      // It has no port; to ask the database how it is takes a command some ten seconds of a core.
      probes: { ready: heartbeat(3), alive: heartbeat(6), startup: heartbeat(10) },
    });
  }

  private described(part: Part, props: AirflowProps) {
    return {
      image,
      user,
      role: 'workflows',
      name: `${this.name}-${part}`,
      env: commonEnv(props.url),
      scratch: {
        home: { path: airflowHome, size: Size.mebibytes(256) },
        tmp: { path: '/tmp', size: Size.mebibytes(256) },
      },
    };
  }

  private own({ image: override }: AirflowProps, resources: Resources | undefined): ServerProps {
    return defined({ image: override, resources });
  }

  /** Files one by one: Airflow would find each twice in a folder that the kubelet mounts, below the link that it puts there. */
  private mountDags(workload: Workload, training: AirflowTrainingProps): void {
    const files = trainingDagFiles({
      schedule: training.schedule ?? weekly,
      retries: training.retries ?? 2,
      retryDelay: Duration.minutes(5),
      stepTimeout: training.stepTimeout ?? Duration.hours(2),
      startTimeout: Duration.minutes(10),
      namespace: this.namespace,
      container: trainerContainer,
      podTemplate: () => this.trainer.rendered,
    });
    const volume = workload.addConfig('dags', files);
    for (const { name } of files) workload.mount(volume, `${dagFolder}/${name}`, { subPath: name });
  }

  private setUp(props: AirflowProps): Job {
    const folder = '/etc/airflow-setup';
    const job = new Job(this, 'setup', {
      ...this.common,
      name: `${this.name}-setup`,
      role: 'job',
      runAs: { user },
      container: {
        name: 'setup',
        image,
        ...defined({ imageOverride: props.image }),
        args: ['python', `${folder}/setup.py`],
        env: { ...commonEnv(props.url), TRAINING_DAG: trainingDag },
        envFrom: {
          ADMIN_USERNAME: this.credentials.key('username'),
          ADMIN_PASSWORD: this.credentials.key('password'),
        },
        resources: { cpu: '100m', memory: '512Mi' },
      },
    });
    job.mount(job.addConfig('script', [script('setup.py', setup)]), folder);
    job.mount(job.addScratch('home', Size.mebibytes(64)), airflowHome);
    job.mount(job.addScratch('tmp', Size.mebibytes(64)), '/tmp');
    return job;
  }
}

/** Tells a program of the worker image how to start the training. */
export function useTrigger(workload: Workload, { connection, credentials }: TrainingTrigger): void {
  workload.setEnv(environmentKeys.airflowUrl, webUrl(connection));
  trust(workload, connection);
  workload.setEnvFrom(environmentKeys.airflowUsername, credentials.username);
  workload.setEnvFrom(environmentKeys.airflowPassword, credentials.password);
}

/** A cold start of Python takes a minute on a tenth of a core, twice; the tables may take longer. */
const slowStart = Duration.minutes(20);

/** The program, once the tables are there. */
function started(part: Part): readonly string[] {
  return ['bash', '-c', `airflow db check-migrations --migration-wait-timeout 600 && exec airflow ${part}`];
}

function heartbeat(failures: number): Probe {
  const command = ['airflow', 'jobs', 'check', '--local', '--job-type', 'DagProcessorJob'];
  return Probe.command(command, { period: Duration.minutes(2), timeout: Duration.minutes(1), failures });
}
