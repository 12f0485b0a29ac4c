import { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import type { Alert, RecordingRule } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { Dashboard } from '../core/dashboard';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { ServerProps } from '../core/server-description';
import { images } from '../images';
import { webConfig } from '../metrics/prometheus-config';
import { blackboxAlerts, blackboxRecordingRules } from './blackbox-alerts';
import { askedTargets, blackboxConfig, type ConnectedProbe } from './blackbox-config';
import { endpointsDashboard } from './endpoints-dashboard';
import { roundTripsDashboard } from './round-trips-dashboard';
import { secondsOf, type SyntheticProbe } from './synthetic-probe';
import { checkedTargets } from './target';
import type { NetworkPlace } from './topology';

/** Options of a {@link BlackboxExporter}. */
export interface BlackboxExporterProps extends ComponentProps, ServerProps {
  /** What is asked; names are unique. */
  readonly probes: readonly SyntheticProbe[];
  /** Where it is asked from: labels `from_region`, `from_site` and `from_provider` of its series. @default - not said */
  readonly from?: NetworkPlace;
  /** How often each is asked. @default Duration.minutes(1) */
  readonly interval?: Duration;
  /** Any of them asks, one at a time. @default 1 */
  readonly replicas?: number;
}

const [configFile, webConfigFile] = ['blackbox.yml', 'web.yml'] as const;

/**
 * blackbox_exporter: asks endpoints as users do, by HTTP, TCP, TLS, DNS and ICMP, when Prometheus has it ask. What is asked, how, and where
 * its policy lets it go follow from the probes.
 *
 * Whoever can reach it could have it ask anything that its policy allows: only who reads metrics can.
 */
export class BlackboxExporter extends Component {
  readonly software = [images.blackboxExporter];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** Of which `/probe` asks, port 9115. */
  readonly api: ServiceEndpoint;
  /** Scrape job of what is asked, and so the label `job` of its series. */
  readonly probeJob: string;
  override readonly alerts: readonly Alert[];
  override readonly recordingRules: readonly RecordingRule[];
  override readonly dashboards: readonly Dashboard[];

  /** @throws {InvalidPropError} if there is no probe, two have one name, a place fits no label, or one may take longer than the interval */
  constructor(scope: Construct, id: string, props: BlackboxExporterProps) {
    super(scope, id, props);
    const { probes, from = {}, interval = Duration.minutes(1), replicas } = props;
    checkedTargets(
      `${this.node.path}.probes`,
      probes.map(({ target }) => target),
    );
    checkedTargets(`${this.node.path}.from`, [{ name: 'here', host: 'localhost', ...from }]);
    const timeout = this.scrapeTimeout(probes, interval);
    const web = webConfig(this.tls);
    const { workload, endpoints, scrapeTargets } = this.deployment(
      'server',
      props,
      {
        image: images.blackboxExporter,
        user: 65534,
        role: 'prober',
        args: [
          `--config.file=/etc/blackbox/${configFile}`,
          '--config.enable-auto-reload',
          ...(web === undefined ? [] : [`--web.config.file=/etc/blackbox/${webConfigFile}`]),
        ],
        resources: { cpu: '20m', memory: '48Mi', memoryLimit: '128Mi' },
        ports: { http: { port: ports.blackboxExporter, scheme: 'http', metrics: '/metrics', tls: true } },
        probes: { ready: '/-/healthy' },
        files: {
          path: '/etc/blackbox',
          // It looks every half minute; a probe of a module that it does not know yet is not made until then.
          reload: true,
          files: [
            ConfigFile.yaml(configFile, () => blackboxConfig(connected)),
            ...(web === undefined ? [] : [ConfigFile.yaml(webConfigFile, () => web)]),
          ],
        },
        pings: probes.some(({ kind }) => kind === 'icmp'),
      },
      defined({ replicas }),
    );
    const connected: readonly ConnectedProbe[] = probes.map((probe) => ({ probe, module: probe.connect(workload) }));
    this.api = endpoints.http;
    this.probeJob = `${this.name}-probes`;
    this.scrapeTargets = [
      ...scrapeTargets,
      {
        job: this.probeJob,
        endpoint: this.api,
        path: '/probe',
        class: 'network',
        interval,
        timeout,
        asked: askedTargets(connected, from),
      },
    ];
    const told = { job: this.name, probeJob: this.probeJob, probes };
    this.alerts = blackboxAlerts(told);
    this.recordingRules = blackboxRecordingRules(told);
    this.dashboards = [endpointsDashboard(told), ...roundTripsDashboard(told)];
  }

  /** It stops half a second before Prometheus would, so that what it found out still arrives. */
  private scrapeTimeout(probes: readonly SyntheticProbe[], interval: Duration): Duration {
    const seconds = Math.ceil(Math.max(...probes.map(({ timeout }) => secondsOf(timeout)))) + 1;
    if (seconds > interval.toSeconds())
      throw new InvalidPropError(
        `${this.node.path}.interval`,
        `${interval.toSeconds()} s`,
        `at least ${seconds} s, for the probe that waits longest`,
      );
    return Duration.seconds(seconds);
  }
}
