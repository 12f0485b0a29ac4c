import { Construct } from 'constructs';
import type { DataSource } from '../core/data-source';
import type { Endpoint } from '../core/endpoint';
import type { MetricsExport } from '../core/metrics-destination';
import type { EndpointPath, IMetricsCollector, IMetricsStore } from '../core/stores';
import { ofTenant } from '../core/tenancy';
import type { IEvaluable, IRuleEvaluator } from '../core/rule-groups';
import type { IScrapable } from '../core/component';
import type { Workload } from '../core/workload';
import { PodMonitors, type PodMonitorsProps } from './pod-monitors';
import { PrometheusRules, type PrometheusRulesProps } from './prometheus-rules';
import { prometheusDataSource } from './prometheus-data-source';

/** Options of {@link Prometheus.fromExternal}. */
export interface ExternalMetricsStoreProps {
  /** What tells it from other stores. @default - the construct's id */
  readonly name?: string;
  /** `Endpoint.external(host, 9090, { scheme: 'http' })`. */
  readonly endpoint: Endpoint;
  /** Whose metrics all of these are, by the header that every client then sends. @default - the store knows no tenants */
  readonly tenant?: string;
  /** What stands before `/api/v1/query`, such as `/prometheus` of Mimir. @default - nothing */
  readonly queryPath?: string;
  /** Of remote write, such as `/api/v1/push` of Mimir. @default '/api/v1/write' */
  readonly writePath?: string;
  /**
   * What stands before `/v1/metrics`, such as `/otlp` of Mimir. A Prometheus takes metrics there with `--web.enable-otlp-receiver`.
   *
   * @default '/api/v1/otlp'
   */
  readonly otlpPath?: string;
  /**
   * How the Prometheus operator that runs it is told what to read and which rules to evaluate: by PodMonitors and PrometheusRules.
   *
   * @default - it is told of nothing: whoever runs it says what it reads, and takes the rules elsewhere
   */
  readonly operator?: PodMonitorsProps & PrometheusRulesProps;
}

/** Tells an operator what its Prometheus is to read and to evaluate. */
class OperatedCollector implements IMetricsCollector, IRuleEvaluator {
  private readonly monitors: PodMonitors;
  private readonly rules: PrometheusRules;

  constructor(scope: Construct, props: PodMonitorsProps & PrometheusRulesProps) {
    this.monitors = new PodMonitors(scope, 'monitors', props);
    this.rules = new PrometheusRules(scope, 'rules', props);
  }

  scrape(...components: readonly IScrapable[]): void {
    this.monitors.scrape(...components);
  }

  evaluate(...components: readonly IEvaluable[]): void {
    this.rules.evaluate(...components);
  }
}

/** A Prometheus, or what speaks as one does, that is not ours. */
export class ExternalMetricsStore extends Construct implements IMetricsStore {
  readonly query: EndpointPath;
  readonly remoteWrite: EndpointPath;
  readonly otlpHttp: EndpointPath;
  readonly dataSource: DataSource;
  readonly collector?: IMetricsCollector & IRuleEvaluator;
  private readonly name: string;

  /** @throws {InvalidPropError} if the tenant’s name is none */
  constructor(scope: Construct, id: string, props: ExternalMetricsStoreProps) {
    super(scope, id);
    const { name = id, endpoint, queryPath = '', writePath = '/api/v1/write', otlpPath = '/api/v1/otlp' } = props;
    const { operator } = props;
    this.name = name;
    if (operator !== undefined) this.collector = new OperatedCollector(this, operator);
    const at = (path: string) => ofTenant({ endpoint, path }, props.tenant);
    this.query = at(queryPath);
    this.remoteWrite = at(writePath);
    this.otlpHttp = at(otlpPath);
    this.dataSource = prometheusDataSource(this.query);
  }

  exportMetrics(collector: Workload): MetricsExport {
    return { name: this.name, connection: collector.connectToPath(this.otlpHttp) };
  }
}
