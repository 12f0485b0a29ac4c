import { Construct } from 'constructs';
import {
  PodMonitor,
  PodMonitorSpecPodMetricsEndpointsScheme as Scheme,
  type PodMonitorSpecPodMetricsEndpointsTlsConfig,
} from '../../imports/monitoring.coreos.com';
import { intervalOf, type IScrapable, type ScrapeIntervals, type ScrapeTarget } from '../core/component';
import type { TlsProps } from '../core/connection';
import { defined, whereGiven } from '../core/defined';
import { ServiceEndpoint } from '../core/endpoint';
import { DuplicateNameError, InvalidPropError } from '../core/errors';
import { selectorLabels } from '../core/naming';
import type { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import type { IMetricsCollector } from '../core/stores';

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
   * @throws {InvalidPropError} for a target that is not pods of the platform, which is for a ScrapeConfig to name
   */
  scrape(...components: readonly IScrapable[]): void {
    for (const target of components.flatMap(({ scrapeTargets }) => scrapeTargets)) this.add(target);
  }

  private add(target: ScrapeTarget): void {
    const { job, endpoint, path = '/metrics', labels = {}, honorLabels, params } = target;
    const interval = intervalOf(target, this.props.scrapeIntervals ?? {});
    if (!(endpoint instanceof ServiceEndpoint))
      throw new InvalidPropError(`scrape target ${job}`, endpoint.authority, 'a port of pods of the platform');
    if (this.jobs.has(job)) throw new DuplicateNameError('scrape job', job, this.node.path);
    this.jobs.add(job);
    const { workload, name, scheme, tls } = endpoint;
    endpoint.acceptFrom(this.props.from, 'metrics, for the Prometheus of an operator');
    const named = Object.entries({ ...Platform.of(this).origin, ...labels, job });
    new PodMonitor(this, job, {
      metadata: {
        name: job,
        namespace: workload.namespace,
        labels: { ...Platform.of(this).labels, ...this.props.labels },
      },
      spec: {
        selector: { matchLabels: selectorLabels(workload.selector) },
        namespaceSelector: { matchNames: [workload.namespace] },
        podMetricsEndpoints: [
          {
            port: name,
            path,
            relabelings: named.map(([targetLabel, replacement]) => ({ targetLabel, replacement })),
            ...defined({
              honorLabels,
              interval: interval && `${interval.toSeconds()}s`,
              scheme: scheme === 'https' ? Scheme.HTTPS : undefined,
              params: params && Object.fromEntries(Object.entries(params).map(([key, values]) => [key, [...values]])),
            }),
            ...whereGiven(tls, (asked) => ({ tlsConfig: readBySecret(asked) })),
          },
        ],
      },
    });
  }
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
