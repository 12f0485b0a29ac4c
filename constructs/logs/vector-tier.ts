import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ValuePattern } from '../collection/value-pattern';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import type { IAlertingSink } from '../core/alerting';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { ILogDestination, ILogPushDestination, LogExport } from '../core/log-destination';
import type { NetworkPeer } from '../core/network-peer';
import { Platform } from '../core/platform';
import { Probe } from '../core/probe';
import { runbookFolder } from '../core/rule-groups';
import type { PortDescription, ServerProps } from '../core/server-description';
import type { ClaimProps } from '../core/volume';
import type { Workload } from '../core/workload';
import { vectorAlerts } from './vector-alerts';
import { leastBufferBytes, vectorConfig, vectorFolder, type SyslogProtocol } from './vector-config';
import { vectorDashboard } from './vector-dashboard';

/** Who sends lines in a way of its own. */
export interface LineSendersProps {
  /** Who may. */
  readonly clients: readonly NetworkPeer[];
  /** Names of services that become the label `service`; any other is metadata, so that nobody outside makes streams. @default - none */
  readonly services?: readonly string[];
}

/** Options of a {@link VectorTier}. */
export interface VectorTierProps extends ComponentProps, ServerProps {
  /** Where lines go. */
  readonly logs: ILogPushDestination;
  /** Whose the lines are, where the store keeps several apart: the header `X-Scope-OrgID`. @default - the store has one tenant */
  readonly tenant?: string;
  /** @default 2 */
  readonly replicas?: number;
  /** What waits for the store; four fifths of it are used. @default 10 GiB of the environment's storage class */
  readonly volume?: ClaimProps;
  /** Labels of every line, of few values. @default - where the environment says that it is */
  readonly externalLabels?: Readonly<Record<string, string>>;
  /** Lines of one service a second, at each pod; more are dropped and counted. @default 10000 */
  readonly linesPerSecond?: number;
  /** What is replaced within lines and their metadata. @default ValuePattern.standard, as collectors do */
  readonly patterns?: readonly ValuePattern[];
  /** Lines by HTTP, `POST /logs`, one a row. @default - none come */
  readonly http?: LineSendersProps;
  /** Lines by syslog. UDP is not encrypted and knows no answer: what is lost on its way nobody learns. @default - none come */
  readonly syslog?: LineSendersProps & {
    /** @default ['tcp'] */
    readonly protocols?: readonly SyslogProtocol[];
  };
  /** Who tells people of lines that are fatal, each service once in five minutes. @default - nobody does */
  readonly alerting?: IAlertingSink;
}

type VectorPort = 'otlp-grpc' | 'otlp-http' | 'http' | 'syslog-tcp' | 'syslog-udp' | 'metrics';

/**
 * Vector between who sends lines and who keeps them: it brings lines of all sources into one form, takes out of them what nobody is to read,
 * limits what a service may say, counts lines for Prometheus, and has people told of those that are fatal.
 *
 * It reads no files: the {@link LogAgent} does, and sends here by OTLP. What it has answered for is in the store or in the buffer on its volume.
 * It is for what a store cannot do itself; without any of it, an agent sends to the store.
 */
export class VectorTier extends Component implements ILogDestination {
  readonly software = [images.vector];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** OTLP over gRPC, port 4317. */
  readonly otlpGrpc: ServiceEndpoint;
  /** OTLP over HTTP, port 4318. */
  readonly otlpHttp: ServiceEndpoint;
  /** Lines by HTTP below `/logs`, port 8080. @default - there is none */
  readonly http: ServiceEndpoint | undefined;
  /** Lines by syslog, port 1514. */
  readonly syslog: Readonly<Partial<Record<SyslogProtocol, ServiceEndpoint>>>;
  override readonly alerts: readonly Alert[];
  override readonly dashboards = [vectorDashboard(this.name)];

  /** @throws {InvalidPropError} if a limit is none, the volume is too small for a buffer, or UDP is asked for where servers speak TLS */
  constructor(scope: Construct, id: string, props: VectorTierProps) {
    super(scope, id, props);
    const { replicas = 2, volume = { size: Size.gibibytes(10) }, linesPerSecond = 10_000 } = props;
    const protocols = props.syslog === undefined ? [] : (props.syslog.protocols ?? ['tcp']);
    const bufferBytes = Math.floor(volume.size.toMebibytes() * 2 ** 20 * 0.8);
    this.check(linesPerSecond, bufferBytes, protocols);
    const { workload, endpoints, scrapeTargets } = this.statefulSet<VectorPort>(
      'server',
      props,
      {
        image: images.vector,
        user: 65532,
        role: 'log-processor',
        args: ['--config', '/etc/vector/vector.yaml'],
        env: { VECTOR_LOG: 'info' },
        resources: { cpu: '500m', memory: '512Mi', memoryLimit: '1Gi' },
        ports: {
          'otlp-grpc': { port: ports.otlpGrpc, tls: true },
          'otlp-http': { port: ports.otlpHttp, scheme: 'http', tls: true },
          ...(props.http !== undefined && { http: { port: ports.vectorHttp, scheme: 'http', tls: true } }),
          ...syslogPorts(protocols),
          metrics: { port: ports.vectorMetrics, scheme: 'http', metrics: '/metrics', forClients: false, tls: true },
        } as Readonly<Record<VectorPort, PortDescription>>,
        listens: { api: ports.vectorApi },
        probes: { ready: Probe.http('api', '/health'), alive: Probe.http('api', '/health', { failures: 6 }) },
        claims: { buffer: { path: vectorFolder, ...volume } },
        files: { path: '/etc/vector', files: [ConfigFile.yaml('vector.yaml', () => config)] },
        // What it has taken goes to the buffer, and what it has begun to send ends.
        gracePeriod: Duration.seconds(90),
      },
      { replicas },
    );
    const config = vectorConfig({
      store: props.logs.pushLogs(workload).connection,
      externalLabels: props.externalLabels ?? Platform.of(this).origin,
      bufferBytes,
      linesPerSecond,
      patterns: props.patterns ?? ValuePattern.standard,
      ...defined({
        tenant: props.tenant,
        http: props.http && (props.http.services ?? []),
        syslog: props.syslog && { protocols, services: props.syslog.services ?? [] },
        alerts: props.alerting && this.telling(workload, props.alerting),
        tls: this.tls,
      }),
    });
    this.otlpGrpc = endpoints['otlp-grpc'];
    this.otlpHttp = endpoints['otlp-http'];
    this.http = props.http && endpoints.http;
    this.syslog = Object.fromEntries(protocols.map((protocol) => [protocol, endpoints[`syslog-${protocol}`]]));
    if (props.http !== undefined) endpoints.http.acceptFrom(props.http.clients, 'lines by HTTP');
    for (const endpoint of Object.values(this.syslog)) endpoint.acceptFrom(props.syslog?.clients ?? [], 'syslog');
    this.scrapeTargets = scrapeTargets;
    this.alerts = vectorAlerts(this.name, props.alerting !== undefined);
  }

  exportLogs(collector: Workload): LogExport {
    return { name: this.name, connection: collector.connectTo(this.otlpHttp) };
  }

  private telling(workload: Workload, { alertmanagers: { endpoint, path } }: IAlertingSink) {
    const connection = workload.connectToPath({ endpoint, path: `${path}/api/v2/alerts` });
    return { connection, runbook: `${runbookFolder}/LogErrorPattern.md` };
  }

  private check(linesPerSecond: number, bufferBytes: number, protocols: readonly SyslogProtocol[]): void {
    const path = this.node.path;
    if (!Number.isInteger(linesPerSecond) || linesPerSecond < 1)
      throw new InvalidPropError(`${path}.linesPerSecond`, linesPerSecond, 'a count of at least 1');
    if (bufferBytes < leastBufferBytes)
      throw new InvalidPropError(`${path}.volume.size`, `${bufferBytes} bytes of it`, 'at least 320 MiB, for a buffer');
    if (protocols.includes('udp') && this.tls !== undefined)
      throw new InvalidPropError(`${path}.syslog.protocols`, protocols, 'TCP alone: nothing encrypts UDP');
  }
}

function syslogPorts(protocols: readonly SyslogProtocol[]): Readonly<Record<string, PortDescription>> {
  return Object.fromEntries(
    protocols.map((protocol) => [
      `syslog-${protocol}`,
      protocol === 'tcp' ? { port: ports.syslog, tls: true } : { port: ports.syslog, protocol: 'UDP' },
    ]),
  );
}
