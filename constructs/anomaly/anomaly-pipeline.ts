import { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import { consumerGroups, environmentKeys, ports, workers, type WorkerName } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import type { BucketAccess, IBucket } from '../core/bucket';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import type { Dashboard } from '../core/dashboard';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { LagScaling } from '../core/lag-scaling';
import { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import type { Resources } from '../core/resources';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import { Service } from '../core/service';
import type { Slo } from '../core/slo';
import type { IEventStream } from '../core/stores';
import type { ConsumeAccess, Topic } from '../core/topic';
import { incidentArchive } from './incident-archive';
import { incidentsDashboard } from './incidents-dashboard';
import type { Workload } from '../core/workload';
import { webUrl } from '../core/tls-settings';
import type { ITraceDestination } from '../core/trace-destination';
import { modelAlerts } from './model-alerts';
import { modelsDashboard } from './models-dashboard';
import { pipelineAlerts, type WorkerJobs } from './pipeline-alerts';
import { pipelineObjectives } from './pipeline-objectives';
import { pipelineTopics, type PipelineTopics } from './pipeline-topics';
import { Worker } from './worker';
import { workersDashboard } from './workers-dashboard';

/** How many pods of a worker there are, by the records that wait for it. */
export interface WorkerScaling extends Omit<LagScaling, 'by'> {
  /** Records that may wait for each pod: at least what it is given in a minute, because what is held open counts. */
  readonly lagPerPod: number;
}

/** Size and settings of one worker. */
export interface WorkerSizing {
  /** Root cause, notification and training must not run twice. @default 1 */
  readonly replicas?: number;
  /** In place of `replicas`, of what reads traces: preprocessing and detection. It takes KEDA. @default - a fixed count */
  readonly autoscaling?: WorkerScaling;
  /** @default - as {@link defaultResources} */
  readonly resources?: Resources;
  /** Settings by the worker's own names. @default - its defaults */
  readonly env?: Readonly<Record<string, string>>;
}

/** Options of an {@link AnomalyPipeline}. */
export interface AnomalyPipelineProps extends ComponentProps {
  /** Where topics are. */
  readonly stream: IEventStream;
  /** Where anomalous traces are kept, whole. */
  readonly anomalies: IBucket;
  /** Where profiles and models are kept. */
  readonly models: IBucket;
  /** Partitions of each topic. @default 12 */
  readonly partitions?: number;
  /**
   * How long after their start spans may reach the topic; windows of statistics stay open for as long. What applications
   * (5 s by default) and collectors hold back adds up in it.
   *
   * @default Duration.seconds(20) - for an aggregator that waits 3 s for a trace and 10 s for a batch
   */
  readonly arrivalDelay?: Duration;
  /** Brokers that hold each partition. @default - as many as the stream says: 3 where there are as many brokers of ours, else 1 */
  readonly replicationFactor?: number;
  /** How long topics keep a record. @default Duration.days(1) */
  readonly retention?: Duration;
  /** @default - one of each, of a size for a few thousand spans a second */
  readonly workers?: Readonly<Partial<Record<WorkerName, WorkerSizing>>>;
  /** Prefix of the workers' names, for a second pipeline in a namespace. @default - none */
  readonly namePrefix?: string;
  /** URL at which people reach Grafana, for links to traces. @default - messages have no such links */
  readonly grafanaUrl?: string;
  /** URL at which people reach the console, for links to incidents. @default - messages have no such links */
  readonly consoleUrl?: string;
  /** URL below which the runbooks are. @default - messages have no such links */
  readonly runbookUrl?: string;
  /** A door to the console from outside; it has no login of its own. @default - none; `kubectl port-forward` works */
  readonly consoleExposure?: IExposure;
  /**
   * Who makes the Secret with `discordWebhookUrl`, `slackWebhookUrl` and `pagerDutyRoutingKey`; each is optional, and a
   * channel without one is off.
   *
   * @default SecretSource.existing({ name: 'notification-channels' })
   */
  readonly channels?: SecretSource;
  /** Addresses that webhooks may be at. @default - any but private ones */
  readonly webhookPeers?: readonly NetworkPeer[];
  /**
   * Where workers send spans of their own: a few for each batch of records, whatever is in it. Best a trace store itself. Sent through
   * the collectors they come back to the pipeline, which then treats it as any other service.
   *
   * @default - workers make no spans
   */
  readonly traces?: ITraceDestination;
  /** Where incidents and their traces are kept for long, copied there every hour. @default - they go with what they are of */
  readonly archive?: IBucket;
  /** Image of every worker. @default - the worker image of this version of the library */
  readonly image?: string;
}

/**
 * What a worker asks for unless it is told otherwise. Root cause takes what the number of operations asks for: some 200 MiB at a thousand,
 * 400 MiB at five thousand (`npm run bench:memory`); twenty thousand are more than this leaves.
 */
export const defaultResources: Readonly<Record<WorkerName, Resources>> = {
  preprocessing: { cpu: '300m', memory: '512Mi', memoryLimit: '768Mi' },
  'anomaly-detection': { cpu: '250m', memory: '512Mi', memoryLimit: '768Mi' },
  'root-cause': { cpu: '100m', memory: '256Mi', memoryLimit: '2Gi' },
  notification: { cpu: '25m', memory: '128Mi', memoryLimit: '256Mi' },
  training: { cpu: '100m', memory: '256Mi', memoryLimit: '512Mi' },
  console: { cpu: '25m', memory: '128Mi', memoryLimit: '256Mi' },
};

/** These keep one state for all partitions, so there is one of each, and the old one ends before the new one starts. */
const single: readonly WorkerName[] = ['root-cause', 'notification', 'training'];

/** How many of these there are follows from how many traces there are. */
const byLag: readonly WorkerName[] = ['preprocessing', 'anomaly-detection'];

/**
 * The streaming pipeline: traces in, anomalies as Parquet, incidents with ranked causes as messages and a page. One image,
 * one Deployment and one identity for each worker.
 */
export class AnomalyPipeline extends Component {
  readonly software = [images.workers];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  override readonly slos: readonly Slo[];
  /** What collectors write and preprocessing reads. */
  readonly rawTraces: Topic;
  readonly topics: PipelineTopics;
  /** The page of incidents, port 80 of the Service `console`. */
  readonly page: ServiceEndpoint;
  /** The worker that learns, and that asks for a training when models drift: who starts trainings is connected to it. */
  readonly learner: Workload;
  /** The worker that judges traces, and serves the models that a registry approves: where that is not the bucket of models, it is connected to it. */
  readonly detection: Workload;
  private readonly workers: Readonly<Record<WorkerName, Worker>>;

  /** @throws {InvalidPropError} if a count, a size or an image cannot be */
  constructor(scope: Construct, id: string, props: AnomalyPipelineProps) {
    super(scope, id, props);
    const { stream, partitions = 12, replicationFactor, retention = Duration.days(1) } = props;
    this.topics = pipelineTopics(stream, { partitions, retention, ...defined({ replicationFactor }) });
    this.rawTraces = this.topics.traces;
    this.workers = Object.fromEntries(workers.map((name) => [name, this.worker(name, props)])) as Record<
      WorkerName,
      Worker
    >;
    this.main(this.workers.preprocessing);
    this.scrapeTargets = workers.map((name) => this.workers[name].scrapeTarget);
    const jobs = Object.fromEntries(workers.map((name) => [name, this.workers[name].name])) as WorkerJobs;
    this.alerts = [...pipelineAlerts(jobs), ...modelAlerts(jobs)];
    this.slos = pipelineObjectives(jobs, Platform.of(this).objectives);
    this.dashboards = [
      incidentsDashboard(this.name, jobs),
      modelsDashboard(this.name, jobs),
      workersDashboard(this.name, jobs),
    ];
    this.learner = this.workers.training;
    this.detection = this.workers['anomaly-detection'];
    this.workers.preprocessing.setEnv(
      environmentKeys.maxRecordBytes,
      String(this.topics.tracesPreprocessed.maxMessageBytes),
    );
    this.grantTopics(props);
    this.grantBuckets(props);
    this.notifyOutside(props);
    if (props.traces !== undefined) this.trace(props.traces);
    if (props.archive !== undefined) {
      const { anomalies, archive, image, namePrefix = '' } = props;
      const { incidents } = this.topics;
      const name = `${namePrefix}incident-archive`;
      incidentArchive(this, 'archive', { common: this.common, name, incidents, anomalies, archive, image });
    }
    const service = new Service(this, 'console-service', { workload: this.workers.console });
    this.page = service.endpoint({ name: 'page', port: ports.console, servicePort: 80, scheme: 'http' });
    if (props.consoleExposure !== undefined) this.page.expose(props.consoleExposure);
  }

  private worker(worker: WorkerName, props: AnomalyPipelineProps): Worker {
    const sizing = props.workers?.[worker] ?? {};
    const { replicas = 1, autoscaling, resources = defaultResources[worker], env = {} } = sizing;
    if (replicas !== 1 && single.includes(worker))
      throw new InvalidPropError(
        `${this.node.path}.workers.${worker}.replicas`,
        replicas,
        'one: it must not run twice',
      );
    if (autoscaling !== undefined && !byLag.includes(worker))
      throw new InvalidPropError(
        `${this.node.path}.workers.${worker}.autoscaling`,
        autoscaling,
        `of ${byLag.join(' or ')}, which read traces`,
      );
    return new Worker(this, worker, {
      ...this.common,
      name: `${props.namePrefix ?? ''}${worker}`,
      worker,
      single: single.includes(worker),
      ...defined({ replicas: autoscaling === undefined ? replicas : sizing.replicas }),
      resources,
      env: { ...links(worker, props), ...timing(worker, props), ...env },
      ...defined({ image: props.image }),
    });
  }

  private grantTopics(props: AnomalyPipelineProps): void {
    const { topics } = this;
    const { preprocessing, notification, training, console, ...others } = this.workers;
    const [detection, rootCause] = [others['anomaly-detection'], others['root-cause']];

    const traces = topics.traces.grantConsume(preprocessing, consumerGroups.preprocessing);
    preprocessing.use(
      traces,
      topics.tracesPreprocessed.grantProduce(preprocessing),
      // What was put out is read back after a restart.
      topics.tracesPreprocessed.grantConsume(preprocessing, consumerGroups.preprocessing),
      topics.tracesDeadLetter.grantProduce(preprocessing),
    );
    const preprocessed = topics.tracesPreprocessed.grantConsume(detection, consumerGroups['anomaly-detection']);
    detection.use(
      preprocessed,
      topics.anomalies.grantProduce(detection),
      topics.windowStats.grantProduce(detection),
      // Drift of the learned models.
      topics.modelEvents.grantProduce(detection),
      topics.tracesDeadLetter.grantProduce(detection),
    );
    rootCause.use(
      topics.windowStats.grantConsume(rootCause, consumerGroups['root-cause']),
      topics.anomalies.grantConsume(rootCause, consumerGroups['root-cause']),
      topics.incidents.grantConsume(rootCause, consumerGroups['root-cause']),
      topics.incidents.grantProduce(rootCause),
      // How far it has looked is read back after a restart.
      topics.analysisProgress.grantConsume(rootCause, consumerGroups['root-cause']),
      topics.analysisProgress.grantProduce(rootCause),
      topics.tracesDeadLetter.grantProduce(rootCause),
      // It and training wait for a window from every partition that detection reads.
      topics.tracesPreprocessed.grantDescribe(rootCause),
    );
    training.use(
      topics.windowStats.grantConsume(training, consumerGroups.training),
      topics.incidents.grantConsume(training, consumerGroups.training),
      topics.analysisProgress.grantConsume(training, consumerGroups.training),
      topics.feedback.grantConsume(training, consumerGroups.training),
      topics.modelEvents.grantProduce(training),
      topics.modelEvents.grantConsume(training, consumerGroups.training),
      topics.tracesPreprocessed.grantDescribe(training),
    );
    notification.use(
      topics.incidents.grantConsume(notification, consumerGroups.notification),
      topics.deliveries.grantConsume(notification, consumerGroups.notification),
      topics.deliveries.grantProduce(notification),
    );
    console.use(
      topics.incidents.grantConsume(console, consumerGroups.console),
      // What people say goes to the topic, and comes back to every replica.
      topics.feedback.grantConsume(console, consumerGroups.console),
      topics.feedback.grantProduce(console),
    );
    scale(preprocessing, traces, props.workers?.preprocessing);
    scale(detection, preprocessed, props.workers?.['anomaly-detection']);
  }

  private grantBuckets({ anomalies, models }: AnomalyPipelineProps): void {
    const { training, 'anomaly-detection': detection, 'root-cause': rootCause } = this.workers;
    // Detection asks what is there before it replaces an object by a fuller one.
    for (const access of [anomalies.grantRead(detection), anomalies.grantWrite(detection)]) {
      useBucket(detection, environmentKeys.anomalyBucket, access);
    }
    useBucket(detection, environmentKeys.modelBucket, models.grantRead(detection));
    useBucket(rootCause, environmentKeys.anomalyBucket, anomalies.grantRead(rootCause));
    useBucket(rootCause, environmentKeys.modelBucket, models.grantRead(rootCause));
    // The newest bundle is where training goes on from.
    for (const access of [models.grantRead(training), models.grantWrite(training)]) {
      useBucket(training, environmentKeys.modelBucket, access);
    }
  }

  /** @throws {InvalidPropError} if spans are not taken by OTLP there */
  private trace(destination: ITraceDestination): void {
    const origin = Object.entries(Platform.of(this).origin)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join(',');
    // The console and training have no part in how an incident comes about, but are asked the same questions when they are late.
    for (const worker of Object.values(this.workers)) {
      const way = destination.exportTraces(worker);
      if (way.kind !== 'otlp')
        throw new InvalidPropError(
          `${this.node.path}.traces`,
          way.kind,
          'otlp: workers do not trace themselves into a topic',
        );
      const { tls } = way.connection;
      worker.setEnv(environmentKeys.otlpEndpoint, webUrl(way.connection));
      if (origin !== '') worker.setEnv(environmentKeys.otlpResource, origin);
      const files = {
        [environmentKeys.otlpCaFile]: tls?.caFile,
        [environmentKeys.otlpCertificateFile]: tls?.certificate?.certFile,
        [environmentKeys.otlpKeyFile]: tls?.certificate?.keyFile,
      };
      for (const [name, file] of Object.entries(files)) if (file !== undefined) worker.setEnv(name, file);
    }
  }

  private notifyOutside(props: AnomalyPipelineProps): void {
    const { notification } = this.workers;
    const channels = new SecretRef(this, 'channels', {
      name: 'notification-channels',
      keys: {
        discordWebhookUrl: { kind: 'password' },
        slackWebhookUrl: { kind: 'password' },
        pagerDutyRoutingKey: { kind: 'password' },
      },
      source: props.channels ?? SecretSource.existing(),
      optional: true,
    });
    notification.setEnvFrom(environmentKeys.discordWebhookUrl, channels.key('discordWebhookUrl'));
    notification.setEnvFrom(environmentKeys.slackWebhookUrl, channels.key('slackWebhookUrl'));
    notification.setEnvFrom(environmentKeys.pagerDutyRoutingKey, channels.key('pagerDutyRoutingKey'));
    const peers = props.webhookPeers ?? [
      NetworkPeer.addresses('0.0.0.0/0', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16']),
      NetworkPeer.addresses('::/0', ['fc00::/7', 'fe80::/10']),
    ];
    notification.network.allowOutside('egress', peers, { port: 443 }, 'webhooks of the notification channels');
  }
}

function scale(worker: Worker, access: ConsumeAccess, { autoscaling }: WorkerSizing = {}): void {
  if (autoscaling === undefined) return;
  const { min, max, lagPerPod } = autoscaling;
  worker.autoscale({ min, max, by: { of: access, perPod: lagPerPod } });
}

/** Where messages and pages link to. */
function links(worker: WorkerName, props: AnomalyPipelineProps): Record<string, string> {
  const { grafanaUrl, consoleUrl, runbookUrl } = props;
  if (worker !== 'notification' && worker !== 'console') return {};
  return defined({
    [environmentKeys.grafanaUrl]: grafanaUrl,
    [environmentKeys.runbookUrl]: runbookUrl,
    [environmentKeys.consoleUrl]: worker === 'notification' ? consoleUrl : undefined,
  });
}

function timing(
  worker: WorkerName,
  { arrivalDelay = Duration.seconds(20) }: AnomalyPipelineProps,
): Record<string, string> {
  return worker === 'preprocessing' ? { WATERMARK_LAG_SECONDS: String(arrivalDelay.toSeconds()) } : {};
}

function useBucket(worker: Worker, key: string, access: BucketAccess): void {
  worker.use(access);
  worker.setEnv(key, access.bucket);
}
