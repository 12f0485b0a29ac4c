import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import type { IAlertingSink, INotifier } from '../core/alerting';
import type { IBucket } from '../core/bucket';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { connectCache } from '../core/connected-cache';
import type { DataSource } from '../core/data-source';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { DuplicateNameError, InvalidPropError } from '../core/errors';
import type { LogExport, LogPush } from '../core/log-destination';
import { Platform } from '../core/platform';
import { Probe } from '../core/probe';
import { mebibytes } from '../core/quantity';
import type { IQueryCache } from '../core/query-cache';
import { memoryLimitOf } from '../core/resources';
import { logRuleGroups, runbookFolder, type ILogEvaluable, type ILogRuleEvaluator } from '../core/rule-groups';
import { RuleFiles } from '../core/rule-files';
import { isRing, joinRing, ringPorts } from '../core/ring';
import type { PortDescription, ServerDescription, ServerProps } from '../core/server-description';
import type { StatefulSet } from '../core/stateful-set';
import type { EndpointPath, ILogStore } from '../core/stores';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import type { ConnectedSink } from '../metrics/prometheus-config';
import { credentialVariables } from '../storage/expanded-credentials';
import { ExternalLogStore, type ExternalLogStoreProps } from './external-log-store';
import { applicationLogAlerts } from './log-alerts';
import { lokiAlerts } from './loki-alerts';
import { lokiConfig, lokiDataFolder, lokiPushPath, lokiTenant } from './loki-config';
import { lokiDashboard } from './loki-dashboard';
import { lokiDataSource } from './loki-data-source';
import { lokiObjectives } from './loki-objectives';
import { logVolumeDashboard } from './log-volume-dashboard';
import { logsDashboard } from './logs-dashboard';

/** Options of a {@link Loki}. */
export interface LokiProps extends ComponentProps, ServerProps {
  /** Bucket that holds chunks and index. @default - the volume does */
  readonly chunks?: IBucket;
  /**
   * Lokis that are one: of three or more each line is kept by three, so one may be missing. They need {@link chunks}. Kubernetes starts
   * members together, which a StatefulSet that is there cannot be told later: one that was alone is to be deleted before (its volume stays).
   *
   * @default 1
   */
  readonly replicas?: number;
  /** Keeps answers, and chunks of the bucket, in memory. @default - answers are computed, and chunks read, anew each time */
  readonly cache?: IQueryCache;
  /** How long a line is kept, whole hours. @default Duration.days(30) */
  readonly retention?: Duration;
  /** Bytes of lines a second that are taken; what is more is refused, and who sends it tries again. @default 4 MiB, as Loki's own */
  readonly ingestBytesPerSecond?: number;
  /** Streams that may be open at once; lines of further ones are refused. @default 5000, as Loki's own */
  readonly streams?: number;
  /** Parts of a query that are worked on at once; each takes memory. @default 16 */
  readonly queryParallelism?: number;
  /**
   * Resource attributes that tell streams apart; in queries their dots are underscores. Each value of each makes a stream, so only what has few.
   *
   * @default - names of service, its namespace, cluster, its namespaces, and environment
   */
  readonly streamAttributes?: readonly string[];
  /** Write-ahead log and index, and all lines where there is no bucket. @default 10 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /**
   * What people are told of applications by their lines, in LogQL; an empty list for nothing.
   *
   * @default applicationLogAlerts()
   */
  readonly logAlerts?: readonly Alert[];
  /** How often alerts are evaluated. Each reads the lines of five minutes anew, and some those of a day before. @default Duration.minutes(2) */
  readonly evaluationInterval?: Duration;
  /**
   * A door from outside. It asks nobody who he is: who comes in may read every line, and write.
   *
   * @default - none; `kubectl port-forward` works
   */
  readonly exposure?: IExposure;
  /** URL below which the runbooks are, for links in alerts. @default - their folder in this repository */
  readonly runbookUrl?: string;
}

/** Beside the folder of `loki.yaml`: within it, nothing can be mounted. */
const ruleFolder = '/etc/loki-rules';

/**
 * Grafana Loki in one process. Lines come by OTLP; their trace ids are metadata that Grafana links to traces. It evaluates the alerts that it
 * is given of lines, and has people told of them.
 */
export class Loki extends Component implements ILogStore, ILogRuleEvaluator, INotifier {
  /** A Loki that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalLogStoreProps): ILogStore {
    return new ExternalLogStore(scope, id, props);
  }

  readonly software = [images.loki];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** HTTP API, port 3100: queries, and lines by OTLP below `/otlp`. */
  readonly api: ServiceEndpoint;
  readonly query: EndpointPath;
  readonly otlpHttp: EndpointPath;
  readonly dataSource: DataSource;
  override readonly alerts: readonly Alert[];
  override readonly logAlerts: readonly Alert[];
  override readonly dashboards = [lokiDashboard(this.name), logsDashboard, logVolumeDashboard];
  override readonly slos = lokiObjectives(this.name, Platform.of(this).objectives);

  private readonly server: StatefulSet;
  private readonly ruleFiles: RuleFiles;
  private readonly runbookUrl: string;
  private alertmanager: ConnectedSink | undefined;

  /**
   * @throws {InvalidPropError} if the retention is no whole number of hours or shorter than a day, a limit is no positive count, there are
   * two replicas, or several without a bucket
   */
  constructor(scope: Construct, id: string, props: LokiProps = {}) {
    super(scope, id, props);
    const { chunks, retention = Duration.days(30), streamAttributes = standardAttributes } = props;
    const { logAlerts = applicationLogAlerts(), evaluationInterval = Duration.minutes(2) } = props;
    const { ingestBytesPerSecond = 4 * 2 ** 20, streams = 5000, queryParallelism = 16, replicas = 1 } = props;
    const retentionHours = retention.toHours({ integral: false });
    if (!Number.isInteger(retentionHours) || retentionHours < 24)
      throw new InvalidPropError(`${this.node.path}.retention`, `${retentionHours} h`, 'whole hours, a day or more');
    for (const [prop, value] of Object.entries({ ingestBytesPerSecond, streams, queryParallelism }))
      if (!Number.isInteger(value) || value < 1)
        throw new InvalidPropError(`${this.node.path}.${prop}`, value, 'a count of at least 1');
    const several = isRing(`${this.node.path}.replicas`, replicas);
    if (several && chunks === undefined)
      throw new InvalidPropError(
        `${this.node.path}.chunks`,
        chunks,
        'a bucket that replicas share: `storage.bucket(…)`',
      );
    const resources = props.resources ?? { cpu: '250m', memory: '512Mi', memoryLimit: '2Gi' };
    const memory = mebibytes(`${this.node.path}.resources.memory`, memoryLimitOf(resources), 0.8);
    const http: PortDescription = { port: ports.lokiHttp, scheme: 'http', metrics: '/metrics', tls: true };
    const description: ServerDescription<'http'> = {
      image: images.loki,
      user: 10001,
      role: 'log-store',
      args: ['-config.file=/etc/loki/loki.yaml', '-config.expand-env=true'],
      env: { GOMEMLIMIT: `${memory}MiB` },
      resources,
      ports: { http, ...(several && ringPorts) },
      probes: {
        ready: '/ready',
        // Readiness fails while it joins or leaves its rings, which no restart would speed up.
        alive: Probe.http('http', '/loki/api/v1/status/buildinfo', { failures: 6 }),
        // It answers 503 for the first half minute, and reads its write-ahead log before.
        startup: Probe.http('http', '/ready', { period: Duration.seconds(5), failures: 60 }),
      },
      claims: { data: { path: lokiDataFolder, ...(props.volume ?? { size: Size.gibibytes(10) }) } },
      scratch: { tmp: { path: '/tmp', size: Size.mebibytes(256) } },
      files: { path: '/etc/loki', files: [ConfigFile.yaml('loki.yaml', () => config())] },
      // It writes what it holds in memory before it ends.
      gracePeriod: Duration.seconds(120),
      // Members find each other before any is ready.
      parallel: several,
    };
    const { workload, endpoints, pods, scrapeTargets } = this.statefulSet('loki', props, description, { replicas });
    const joined = joinRing(workload, pods, this.tls);
    const ring = joined && { ...joined, replayMebibytes: Math.floor(memory / 2) };
    const access = chunks?.grantOwn(workload);
    for (const [name, source] of Object.entries(access === undefined ? {} : credentialVariables(access)))
      workload.setEnvFrom(name, source);
    const cache = props.cache && connectCache(`${this.node.path}.cache`, workload, props.cache);
    const { origin } = Platform.of(this);
    const limits = { retentionHours, ingestBytesPerSecond, streams, queryParallelism, origin };
    const ruler = { folder: ruleFolder, intervalSeconds: evaluationInterval.toSeconds() };
    // Rules, and who is told, come by wires that are there only when it is rendered.
    const config = (): object => {
      const rules = this.ruleFiles.isEmpty ? undefined : { ...ruler, ...defined({ alertmanager: this.alertmanager }) };
      return lokiConfig({
        ...limits,
        streamAttributes,
        ...defined({ chunks: access, tls: this.tls, rules, ring, cache }),
      });
    };
    this.server = workload;
    this.ruleFiles = new RuleFiles(workload, { folder: `${ruleFolder}/${lokiTenant}`, what: 'alerts of lines of' });
    this.api = endpoints.http;
    if (props.exposure !== undefined) this.api.expose(props.exposure);
    this.query = { endpoint: this.api, path: '' };
    this.otlpHttp = { endpoint: this.api, path: '/otlp' };
    this.dataSource = lokiDataSource(this.query);
    this.scrapeTargets = scrapeTargets;
    this.alerts = lokiAlerts(this.name, this.namespace, streams);
    this.logAlerts = logAlerts;
    this.runbookUrl = props.runbookUrl ?? runbookFolder;
  }

  /**
   * Evaluates the alerts of components about lines, in a file for each.
   *
   * @throws {DuplicateNameError} if two components have one name, or two alerts cannot be told apart
   * @throws {InvalidPropError} if an alert cannot be
   */
  evaluateLogs(...components: readonly ILogEvaluable[]): void {
    for (const component of components) this.ruleFiles.add(component.name, logRuleGroups(component, this.runbookUrl));
  }

  /**
   * Sends alerts of lines that fire to who tells people of them.
   *
   * @throws {DuplicateNameError} if it sends to one already: it has one set of certificates for all
   */
  notify(...sinks: readonly IAlertingSink[]): void {
    for (const { alertmanagers: sink } of sinks) {
      if (this.alertmanager !== undefined) throw new DuplicateNameError('Alertmanager of', this.name, this.node.path);
      this.alertmanager = { sink, connection: this.server.connectTo(sink.endpoint) };
    }
  }

  exportLogs(collector: Workload): LogExport {
    return { name: this.name, connection: collector.connectToPath(this.otlpHttp) };
  }

  pushLogs(agent: Workload): LogPush {
    return { name: this.name, connection: agent.connectToPath({ endpoint: this.api, path: lokiPushPath }) };
  }
}

const standardAttributes: readonly string[] = [
  'service.name',
  'service.namespace',
  'k8s.namespace.name',
  'k8s.cluster.name',
  'deployment.environment.name',
];
