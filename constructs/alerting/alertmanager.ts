import { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import type { IAlertingSink } from '../core/alerting';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { DataSource } from '../core/data-source';
import { defined } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { PodField } from '../core/env-source';
import { InvalidPropError } from '../core/errors';
import { Platform } from '../core/platform';
import type { ServerProps } from '../core/server-description';
import { ServerCertificate } from '../core/server-tls';
import type { StatefulSet } from '../core/stateful-set';
import type { EndpointPath } from '../core/stores';
import type { ClaimProps } from '../core/volume';
import { webConfig } from '../metrics/prometheus-config';
import { alertmanagerAlerts } from './alertmanager-alerts';
import { alertmanagerDashboard } from './alertmanager-dashboard';
import { alertmanagerConfig, clusterTlsConfig } from './alertmanager-config';
import { alertmanagerObjectives } from './alertmanager-objectives';
import { alertmanagerDataSource, ExternalAlertmanager, type ExternalAlertmanagerProps } from './external-alertmanager';
import { connectReceiver, connectSmtp, type ReceiverProps, type SmtpProps, type WebhookProps } from './receivers';
import { messagesOf, templatesPattern, type MessageProps } from './messages';
import { checkRoutes, reserved, type AlertRoute, type GroupingProps, type TimeIntervals } from './routing';

/** Options of an {@link Alertmanager}. */
export interface AlertmanagerProps extends ComponentProps, ServerProps {
  /** Who can be told, by name. */
  readonly receivers: Readonly<Record<string, ReceiverProps>>;
  /** Who is told of what no route takes: the name of a receiver. */
  readonly otherwise: string;
  /** Who is told of what; the first that fits decides. @default - `otherwise` is told of all */
  readonly routes?: readonly AlertRoute[];
  readonly grouping?: GroupingProps;
  /** How messages are written. @default - see {@link MessageProps} */
  readonly messages?: MessageProps;
  /** Times that routes name, in which people are told or are not. @default - none */
  readonly timeIntervals?: TimeIntervals;
  /** A service that is called every minute for as long as alerting works, and tells people when it is not. @default - there is none */
  readonly deadman?: Pick<ReceiverProps, 'secrets'> & { readonly webhook: WebhookProps };
  /** @default - there is no mail */
  readonly smtp?: SmtpProps;
  /**
   * A door from outside. It asks nobody who he is: who comes in may silence every alert.
   *
   * @default - none; `kubectl port-forward` works
   */
  readonly exposure?: IExposure;
  /** Where people reach it, for links in messages. @default - links lead nowhere */
  readonly url?: string;
  /** Several tell people as one. @default 1 */
  readonly replicas?: number;
  /** Silences, and what people were told. @default 1 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
}

const folder = '/etc/alertmanager';
const webConfigFile = 'web.yml';
const clusterConfigFile = 'cluster-tls.yml';

/** Tells people of alerts that fire: once for what belongs together, those who own it, and not of what follows from worse. */
export class Alertmanager extends Component implements IAlertingSink {
  /** An Alertmanager that is not ours. */
  static fromExternal(scope: Construct, id: string, props: ExternalAlertmanagerProps): IAlertingSink {
    return new ExternalAlertmanager(scope, id, props);
  }

  readonly software = [images.alertmanager];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** HTTP API and page, port 9093; of any replica. */
  readonly api: ServiceEndpoint;
  readonly alertmanagers: EndpointPath;
  readonly dataSource: DataSource;
  override readonly alerts: readonly Alert[];
  override readonly dashboards = [alertmanagerDashboard(this.name)];
  override readonly slos = alertmanagerObjectives(this.name, Platform.of(this).objectives);

  /**
   * @throws {UnknownNameError} if a route names no receiver, or a time that there is not
   * @throws {InvalidPropError} if a receiver tells nobody or is told of nothing, a route takes everything, or a template is none
   */
  constructor(scope: Construct, id: string, props: AlertmanagerProps) {
    super(scope, id, props);
    const { receivers, otherwise, routes = [], grouping, timeIntervals, deadman, smtp, replicas = 1 } = props;
    checkRoutes(this.node.path, Object.keys(receivers), otherwise, routes, timeIntervals);
    const messages = messagesOf(`${this.node.path}.messages`, props.messages);
    const templates = Object.entries(messages.files).map(([name, text]) =>
      ConfigFile.written(
        name,
        () => ({ text }),
        (file) => file.text,
      ),
    );
    const mailed = Object.entries(receivers).find(([, { email }]) => email !== undefined);
    if (mailed !== undefined && smtp === undefined)
      throw new InvalidPropError(`${this.node.path}.smtp`, smtp, `a server for the mail of ${mailed[0]}`);
    const web = webConfig(this.tls);
    const clustered = replicas > 1;
    const isEncrypted = clustered && web !== undefined;
    const { workload, endpoints, pods, scrapeTargets } = this.statefulSet(
      'server',
      props,
      {
        image: images.alertmanager,
        user: 65534,
        role: 'alerting',
        args: [
          `--config.file=${folder}/alertmanager.yml`,
          '--storage.path=/alertmanager',
          ...(props.url === undefined ? [] : [`--web.external-url=${props.url}`, '--web.route-prefix=/']),
          ...(web === undefined ? [] : [`--web.config.file=${folder}/${webConfigFile}`]),
          ...this.gossip(replicas),
          ...(isEncrypted ? [`--cluster.tls-config=${folder}/${clusterConfigFile}`] : []),
        ],
        ...(clustered && { envFrom: { POD_IP: PodField.podIp } }),
        resources: { cpu: '20m', memory: '64Mi', memoryLimit: '128Mi' },
        ports: { http: { port: ports.alertmanager, scheme: 'http', metrics: '/metrics', tls: true } },
        probes: { ready: '/-/ready', alive: '/-/healthy' },
        claims: { data: { path: '/alertmanager', ...(props.volume ?? { size: Size.gibibytes(1) }) } },
        files: {
          path: folder,
          files: [
            ConfigFile.yaml('alertmanager.yml', () => config),
            ...(web === undefined ? [] : [ConfigFile.yaml(webConfigFile, () => web)]),
            ...(isEncrypted ? [ConfigFile.yaml(clusterConfigFile, () => clusterTls)] : []),
            ...templates,
          ],
        },
        // Members find each other before any is ready.
        parallel: clustered,
      },
      { replicas },
    );
    const clusterTls: object = clustered ? joinMembers(workload) : {};
    const config: object = alertmanagerConfig({
      receivers: Object.entries(receivers).map(([name, each]) => connectReceiver(this, workload, name, each)),
      otherwise,
      routes,
      messages,
      ...(templates.length > 0 && { templates: `${folder}/${templatesPattern}` }),
      ...defined({
        grouping,
        timeIntervals,
        deadman: deadman && connectReceiver(this, workload, reserved.deadman, { ...deadman, resolved: false }),
        smtp: smtp && connectSmtp(this, workload, smtp),
      }),
    });
    this.api = endpoints.http;
    if (props.exposure !== undefined) this.api.expose(props.exposure);
    this.alertmanagers = { endpoint: pods.http ?? this.api, path: '' };
    this.dataSource = alertmanagerDataSource({ endpoint: this.api, path: '' });
    this.scrapeTargets = scrapeTargets;
    this.alerts = alertmanagerAlerts({ job: this.name, replicas, deadman: deadman !== undefined });
  }

  /** Members tell each other what people were told. One alone is not to look for others. */
  private gossip(replicas: number): readonly string[] {
    if (replicas === 1) return ['--cluster.listen-address='];
    const port = ports.alertmanagerCluster;
    const members = `${this.name}-headless.${this.namespace}.svc.${Platform.of(this).cluster.domain}`;
    return [
      `--cluster.listen-address=0.0.0.0:${port}`,
      `--cluster.advertise-address=$(POD_IP):${port}`,
      ...Array.from({ length: replicas }, (_, ordinal) => `--cluster.peer=${this.name}-${ordinal}.${members}:${port}`),
    ];
  }
}

/** They speak both protocols at one port, and TCP alone where they encrypt. @returns how they do */
function joinMembers(workload: StatefulSet): object {
  const port = ports.alertmanagerCluster;
  const { host } = workload.headless;
  workload.connectTo(workload.headless.endpoint({ name: 'cluster', port }));
  const certificate = ServerCertificate.of(workload);
  if (certificate !== undefined) return clusterTlsConfig(certificate.presentToServers(), host);
  workload.connectTo(workload.headless.endpoint({ name: 'cluster-udp', port, protocol: 'UDP' }));
  return {};
}
