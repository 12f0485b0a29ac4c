import { Construct } from 'constructs';
import {
  PodMonitor,
  PodMonitorSpecPodMetricsEndpointsRelabelingsAction as Action,
  PodMonitorSpecPodMetricsEndpointsScheme as Scheme,
  type PodMonitorSpecPodMetricsEndpoints,
  type PodMonitorSpecPodMetricsEndpointsTlsConfig,
} from '../../imports/monitoring.coreos.com';
import {
  intervalOf,
  type AskedTarget,
  type IScrapable,
  type ScrapeIntervals,
  type ScrapeTarget,
} from '../core/component';
import type { TlsProps } from '../core/connection';
import { defined, whereGiven } from '../core/defined';
import { ServiceEndpoint } from '../core/endpoint';
import { DuplicateNameError, InvalidPropError } from '../core/errors';
import { selectorLabels } from '../core/naming';
import type { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import type { IMetricsCollector } from '../core/stores';
import { asksWhoReads } from './scrape-credentials';

/** Options of {@link PodMonitors}. */
export interface PodMonitorsProps {
  /** Pods that read metrics, which the policies of what is read let in. */
  readonly from: readonly NetworkPeer[];
  /**
   * Labels by which the operator's Prometheus chooses its monitors, such as `release: kube-prometheus-stack`.
   *
   * @default - none: it takes every monitor of the namespaces that it looks in
   */
  readonly labels?: Readonly<Record<string, string>>;
  /** How often targets of a class are read. @default - as often as its Prometheus reads anything */
  readonly scrapeIntervals?: ScrapeIntervals;
}

/**
 * Has the metrics of components read by a Prometheus that an operator runs: a PodMonitor for each target, in the namespace of its
 * pods. For teams that have the Prometheus operator; else there is {@link Prometheus}.
 */
export class PodMonitors extends Construct implements IMetricsCollector {
  private readonly jobs = new Set<string>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PodMonitorsProps,
  ) {
    super(scope, id);
  }

  /**
   * @throws {DuplicateNameError} if two jobs have one name
   * @throws {InvalidPropError} for a target that is not pods of the platform, or asks who reads it, which is for a ScrapeConfig to name
   */
  scrape(...components: readonly IScrapable[]): void {
    for (const target of components.flatMap(({ scrapeTargets }) => scrapeTargets)) this.add(target);
  }

  private add(target: ScrapeTarget): void {
    const { job, endpoint, path = '/metrics', asked } = target;
    if (!(endpoint instanceof ServiceEndpoint))
      throw new InvalidPropError(`scrape target ${job}`, endpoint.authority, 'a port of pods of the platform');
    if (asksWhoReads(target)) throw new InvalidPropError(`scrape target ${job}`, path, 'one that everybody may read');
    if (this.jobs.has(job)) throw new DuplicateNameError('scrape job', job, this.node.path);
    this.jobs.add(job);
    const { workload } = endpoint;
    endpoint.acceptFrom(this.props.from, 'metrics, for the Prometheus of an operator');
    const { origin } = Platform.of(this);
    const told = {
      ...target,
      labels: { ...origin, ...target.labels },
      ...defined({ interval: intervalOf(target, this.props.scrapeIntervals ?? {}) }),
    };
    new PodMonitor(this, job, {
      metadata: {
        name: job,
        namespace: workload.namespace,
        labels: { ...Platform.of(this).labels, ...this.props.labels },
      },
      spec: {
        selector: { matchLabels: selectorLabels(workload.selector) },
        namespaceSelector: { matchNames: [workload.namespace] },
        podMetricsEndpoints:
          asked === undefined ? [read(told, endpoint)] : asked.map((each) => read(asking(told, each), endpoint)),
      },
    });
  }
}

/** A port of each pod, as the operator has it read. */
function read(target: ScrapeTarget, { name, scheme, tls }: ServiceEndpoint): PodMonitorSpecPodMetricsEndpoints {
  const { job, path = '/metrics', interval, timeout, labels = {}, honorLabels, params } = target;
  return {
    port: name,
    path,
    // A dollar sign would be the beginning of a group's name.
    relabelings: Object.entries({ ...labels, job }).map(([targetLabel, value]) => ({
      // The API server would add it, and Argo CD see a difference.
      action: Action.REPLACE,
      targetLabel,
      replacement: value.replaceAll('$', '$$$$'),
    })),
    ...defined({
      honorLabels,
      interval: interval && `${interval.toSeconds()}s`,
      scrapeTimeout: timeout && `${timeout.toSeconds()}s`,
      scheme: scheme === 'https' ? Scheme.HTTPS : undefined,
      params: params && Object.fromEntries(Object.entries(params).map(([key, values]) => [key, [...values]])),
    }),
    ...whereGiven(tls, (asked) => ({ tlsConfig: readBySecret(asked) })),
  };
}

/** One request of a target that asks others: here each is an endpoint of the monitor. */
function asking(target: ScrapeTarget, { instance, params, labels }: AskedTarget): ScrapeTarget {
  const named = Object.entries(params).map(([name, value]) => [name, [value]] as const);
  return {
    ...target,
    params: { ...target.params, ...Object.fromEntries(named) },
    labels: { ...target.labels, ...labels, instance },
  };
}

/** The operator reads certificates from Secrets in the namespace of the monitor. */
function readBySecret({ ca, serverName, clientCertificate }: TlsProps): PodMonitorSpecPodMetricsEndpointsTlsConfig {
  const secret = (name: string, key: string) => ({ name, key });
  return defined({
    serverName,
    ca: ca === undefined ? undefined : { secret: secret(ca, 'ca.crt') },
    cert: clientCertificate === undefined ? undefined : { secret: secret(clientCertificate, 'tls.crt') },
    keySecret: clientCertificate === undefined ? undefined : secret(clientCertificate, 'tls.key'),
  });
}
