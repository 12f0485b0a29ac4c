import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert, RecordingRule } from '../core/alert';
import type { IAlertingSink, INotifier } from '../core/alerting';
import {
  Component,
  type ComponentProps,
  type IScrapable,
  type ScrapeIntervals,
  type ScrapeTarget,
} from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { Connection } from '../core/connection';
import { compareText } from '../core/content-hash';
import type { Dashboard } from '../core/dashboard';
import type { DataSource } from '../core/data-source';
import { defined } from '../core/defined';
import { ServiceEndpoint, type IExposure } from '../core/endpoint';
import { PodField } from '../core/env-source';
import { DuplicateNameError, InvalidPropError } from '../core/errors';
import type { ServerProps } from '../core/server-description';
import type { MetricsExport } from '../core/metrics-destination';
import {
  placedRules,
  ruleGroups,
  runbookFolder,
  type IEvaluable,
  type IRuleEvaluator,
  type IRuler,
} from '../core/rule-groups';
import { RuleFiles } from '../core/rule-files';
import { Platform } from '../core/platform';
import type { StatefulSet } from '../core/stateful-set';
import type { EndpointPath, IMetricsStore } from '../core/stores';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import type { UnitPrices } from '../sizing';
import { apiServerDashboard } from './api-server-dashboard';
import { capacityDashboard } from './capacity-dashboard';
import { cardinalityAlerts } from './cardinality-alerts';
import { cardinalityDashboard } from './cardinality-dashboard';
import { costDashboard } from './cost-dashboard';
import { grantDiscovery, sourcesOf, type DiscoveryProps } from './discovery';
import { discoveryAlerts, discoveryRecordingRules } from './discovery-alerts';
import { discoveryConfig, jobsOf } from './discovery-config';
import { ExternalMetricsStore, type ExternalMetricsStoreProps } from './external-metrics-store';
import { prometheusAlerts, remoteWriteAlerts } from './prometheus-alerts';
import { overviewDashboard } from './overview-dashboard';
import { standardAttributes } from './promoted-attributes';
import { prometheusDashboard } from './prometheus-dashboard';
import { prometheusDataSource } from './prometheus-data-source';
import { prometheusObjectives } from './prometheus-objectives';
import {
  prometheusConfig,
  webConfig,
  type ConnectedSelf,
  type ConnectedSink,
  type ConnectedTarget,
  type PrometheusConfigOptions,
} from './prometheus-config';
import { mountCredentials } from './scrape-credentials';

/** Options of a {@link Prometheus}. */
export interface PrometheusProps extends ComponentProps, ServerProps {
  /** How often targets are read. @default Duration.seconds(30) */
  readonly scrapeInterval?: Duration;
  /**
   * How often targets of a class are read: nodes, objects and kubelets, or ways through the network. Panels show rates over four times the
   * slowest of all.
   *
   * @default - as often as any
   */
  readonly scrapeIntervals?: ScrapeIntervals;
  /** How long samples are kept. @default Duration.days(15) */
  readonly retention?: Duration;
  /** How many read the same and evaluate the same rules, each by itself. Two need `longTerm`, which tells their samples apart. @default 1 */
  readonly replicas?: 1 | 2;
  /**
   * Where what is read is kept for longer: a {@link Mimir}. What others ask of metrics, and send by OTLP and remote write, goes there. A
   * Mimir of ours evaluates the rules, too, as here is only what is read here; those that watch it and the way to it stay. Of one that is
   * not ours whoever runs it has it evaluate rules about what others write: here are evaluated those about what is read.
   *
   * @default - nowhere
   */
  readonly longTerm?: IMetricsStore;
  /** @default 50 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /**
   * Resource attributes that become labels of every series that comes by OTLP; in labels their dots are underscores. What is not among them is on `target_info`.
   *
   * @default - names of the service, its namespace, version and environment, and where in Kubernetes it runs
   */
  readonly promotedAttributes?: readonly string[];
  /**
   * How late a sample may be: for what waited in a collector's queue while this was away, or came another way when collectors changed.
   *
   * @default Duration.hours(2)
   */
  readonly outOfOrder?: Duration;
  /** What it finds by itself, by asking the Kubernetes API, beside the components that it is given. @default - nothing: it has no rights there */
  readonly discovery?: DiscoveryProps;
  /** What a unit of each signal costs, which the dashboard of costs has at first. @default - of a usual load, with round prices */
  readonly unitPrices?: UnitPrices;
  /**
   * A door from outside. It asks nobody who he is: who comes in may read everything, and write.
   *
   * @default - none; `kubectl port-forward` works
   */
  readonly exposure?: IExposure;
  /** Where people reach it, for links in alerts. @default - links lead nowhere */
  readonly url?: string;
  /** URL below which the runbooks are, for links in alerts. @default - their folder in this repository */
  readonly runbookUrl?: string;
}

const webConfigFile = 'web.yml';
const everyHalfMinute = Duration.seconds(30);

/** Beside the folder of `prometheus.yml`: within it, nothing can be mounted. */
const ruleFolder = '/etc/prometheus-rules';

/**
 * One Prometheus: reads the components it is given, evaluates their rules, has people told of alerts, and takes metrics by OTLP and the
 * series that Tempo writes; or it reads them for a {@link Mimir} that does the rest.
 */
export class Prometheus extends Component implements IMetricsStore, IRuleEvaluator, INotifier {
  /** A Prometheus that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalMetricsStoreProps): IMetricsStore {
    return new ExternalMetricsStore(scope, id, props);
  }

  readonly software = [images.prometheus];
  /** It reads itself without being asked. */
  readonly scrapeTargets: readonly ScrapeTarget[] = [];
  /** HTTP API, port 9090. */
  readonly api: ServiceEndpoint;
  readonly query: EndpointPath;
  readonly remoteWrite: EndpointPath;
  readonly otlpHttp: EndpointPath;
  readonly dataSource: DataSource;
  override readonly alerts: readonly Alert[];
  override readonly recordingRules: readonly RecordingRule[];
  override readonly dashboards: readonly Dashboard[];
  override readonly slos = prometheusObjectives(Platform.of(this).objectives);
  private readonly server: StatefulSet;
  private readonly self: ConnectedSelf;
  private readonly longTerm: Connection | undefined;
  private readonly targets: ConnectedTarget[] = [];
  private readonly sinks: ConnectedSink[] = [];
  private readonly ruleFiles: RuleFiles;
  private readonly central: IRuler | undefined;
  private readonly runbookUrl: string;
  private readonly discovery: DiscoveryProps;

  /** @throws {InvalidPropError} if there are two, and no `longTerm` */
  constructor(scope: Construct, id: string, props: PrometheusProps = {}) {
    super(scope, id, props);
    const { replicas = 1, longTerm } = props;
    if (replicas > 1 && longTerm === undefined)
      throw new InvalidPropError(
        `${this.node.path}.longTerm`,
        longTerm,
        'a store, as of two replicas each has a part of what is asked',
      );
    const volume = props.volume ?? { size: Size.gibibytes(50) };
    const web = webConfig(this.tls);
    const { workload, endpoints, pods } = this.statefulSet(
      'server',
      props,
      {
        image: images.prometheus,
        user: 65534,
        role: 'metrics-store',
        args: [
          '--config.file=/etc/prometheus/prometheus.yml',
          '--config.auto-reload',
          '--storage.tsdb.path=/prometheus',
          '--web.enable-remote-write-receiver',
          '--web.enable-otlp-receiver',
          '--enable-feature=exemplar-storage',
          ...(props.url === undefined ? [] : [`--web.external-url=${props.url}`, '--web.route-prefix=/']),
          ...(web === undefined ? [] : [`--web.config.file=/etc/prometheus/${webConfigFile}`]),
        ],
        ...(replicas > 1 && { envFrom: { POD_NAME: PodField.podName } }),
        resources: { cpu: '250m', memory: '512Mi', memoryLimit: '2Gi' },
        ports: { http: { port: ports.prometheus, scheme: 'http', byPod: true, tls: true } },
        // Reading the write-ahead log again may take minutes.
        probes: { ready: '/-/ready', alive: '/-/healthy', startup: Duration.minutes(10) },
        claims: { data: { path: '/prometheus', ...volume } },
        files: {
          path: '/etc/prometheus',
          // It changes with every component that is read; a restart would read the write-ahead log again.
          reload: true,
          files: [
            ConfigFile.yaml('prometheus.yml', () => prometheusConfig(this.configOptions(props, volume))),
            ...(web === undefined ? [] : [ConfigFile.yaml(webConfigFile, () => web)]),
          ],
        },
        // It writes what it holds in memory before it ends.
        gracePeriod: Duration.seconds(120),
      },
      { replicas },
    );
    this.server = workload;
    this.ruleFiles = new RuleFiles(workload, { folder: ruleFolder, what: 'rules of' });
    this.central = longTerm?.ruler;
    if (longTerm !== undefined) this.longTerm = workload.connectToPath(longTerm.remoteWrite);
    this.api = endpoints.http;
    if (props.exposure !== undefined) this.api.expose(props.exposure);
    // Each reads all of several, so that one of them is missed.
    this.self =
      replicas > 1 && pods.http !== undefined
        ? { connection: workload.connectTo(pods.http), endpoint: pods.http }
        : { connection: this.api.asSelf() };
    const { query, remoteWrite, otlpHttp } = longTerm ?? {
      query: { endpoint: this.api, path: '' },
      remoteWrite: { endpoint: this.api, path: '/api/v1/write' },
      otlpHttp: { endpoint: this.api, path: '/api/v1/otlp' },
    };
    this.query = query;
    this.remoteWrite = remoteWrite;
    this.otlpHttp = otlpHttp;
    this.dataSource = prometheusDataSource(query, slowest(props), longTerm === undefined ? 'Prometheus' : 'Mimir');
    this.discovery = props.discovery ?? {};
    grantDiscovery(workload, this.discovery);
    this.alerts = [
      ...prometheusAlerts(volume.size, jobsOf(this.discovery)),
      ...(longTerm === undefined ? [] : remoteWriteAlerts),
      ...(this.central?.rulerAlerts ?? []),
      ...cardinalityAlerts,
      ...discoveryAlerts(this.discovery),
    ];
    this.recordingRules = discoveryRecordingRules(this.discovery);
    this.dashboards = [
      overviewDashboard,
      prometheusDashboard(this.name, volume.size),
      cardinalityDashboard,
      capacityDashboard,
      costDashboard(props.unitPrices),
      ...(this.discovery.apiServer === undefined ? [] : [apiServerDashboard]),
    ];
    this.runbookUrl = props.runbookUrl ?? runbookFolder;
  }

  /**
   * Reads the metrics of components.
   *
   * @throws {DuplicateNameError} if two of their jobs have one name
   */
  scrape(...components: readonly IScrapable[]): void {
    for (const target of components.flatMap(({ scrapeTargets }) => scrapeTargets)) {
      const taken = [...jobsOf(this.discovery), ...this.targets.map(({ target: { job } }) => job)];
      if (taken.includes(target.job)) {
        throw new DuplicateNameError('scrape job', target.job, this.node.path);
      }
      const connection = this.server.connectTo(target.endpoint);
      this.targets.push({ target, connection, ...defined({ credentials: mountCredentials(this.server, target) }) });
    }
  }

  /**
   * Evaluates the alerts, recording rules and objectives of components, in a file for each, or has the store for longer do so. What needs
   * metrics that only a kubelet has is left out unless kubelets are read.
   *
   * @throws {DuplicateNameError} if two components have one name, or two rules cannot be told apart
   * @throws {InvalidPropError} if a rule cannot be
   */
  evaluate(...components: readonly IEvaluable[]): void {
    const options = { runbookUrl: this.runbookUrl, sources: sourcesOf(this.discovery) };
    for (const component of components) {
      const { local, central } = placedRules(component);
      const here = this.central === undefined ? component : local;
      this.ruleFiles.add(component.name, ruleGroups(here, options));
      this.central?.evaluateGroups(component.name, ruleGroups(central, options));
    }
  }

  /**
   * Sends alerts that fire to who tells people of them; so does who evaluates rules for it.
   *
   * @throws {DuplicateNameError} if it sends to one already
   */
  notify(...sinks: readonly IAlertingSink[]): void {
    this.central?.notify(...sinks);
    for (const { alertmanagers: sink } of sinks) {
      const { address } = sink.endpoint;
      if (this.sinks.some(({ sink: { endpoint } }) => endpoint.address === address))
        throw new DuplicateNameError('Alertmanager', address, this.node.path);
      this.sinks.push({ sink, connection: this.server.connectTo(sink.endpoint) });
    }
  }

  exportMetrics(collector: Workload): MetricsExport {
    return { name: this.name, connection: collector.connectToPath(this.otlpHttp) };
  }

  /** Ports of pods that it is given. */
  private get wired(): readonly ServiceEndpoint[] {
    return this.targets
      .map(({ target: { endpoint } }) => endpoint)
      .filter((endpoint): endpoint is ServiceEndpoint => endpoint instanceof ServiceEndpoint);
  }

  private configOptions(props: PrometheusProps, volume: ClaimProps): PrometheusConfigOptions {
    const { scrapeInterval = everyHalfMinute, scrapeIntervals = {}, retention = Duration.days(15) } = props;
    const { outOfOrder = Duration.hours(2), promotedAttributes = standardAttributes } = props;
    return {
      scrapeIntervalSeconds: scrapeInterval.toSeconds(),
      scrapeIntervals,
      retentionHours: retention.toHours({ integral: false }),
      outOfOrderSeconds: outOfOrder.toSeconds(),
      promotedAttributes,
      origin: Platform.of(this).origin,
      // The write-ahead log and a block that is being compacted take room beside what is kept.
      retentionMebibytes: Math.floor(volume.size.toMebibytes() * 0.75),
      self: this.self,
      targets: [...this.targets].sort((a, b) => compareText(a.target.job, b.target.job)),
      discovered: discoveryConfig(this.discovery, [this.api, ...this.wired], scrapeIntervals),
      alertmanagers: this.sinks,
      ...defined({ longTerm: this.longTerm }),
      ...((props.replicas ?? 1) > 1 && {
        replica: {
          labels: props.longTerm?.replicaLabels ?? { cluster: 'cluster', replica: '__replica__' },
          cluster: `${this.namespace}/${this.name}`,
        },
      }),
      ruleFiles: this.ruleFiles.isEmpty ? [] : [`${ruleFolder}/*.yml`],
    };
  }
}

/** So that four of what a panel takes for an interval have enough samples of everything. */
function slowest({ scrapeInterval = everyHalfMinute, scrapeIntervals = {} }: PrometheusProps): Duration {
  const all = [scrapeInterval, ...Object.values(scrapeIntervals)];
  return all.reduce((longest, each) => (each.toSeconds() > longest.toSeconds() ? each : longest));
}
