import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import type { DaemonSet } from '../core/daemon-set';
import type { Dashboard } from '../core/dashboard';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { Platform } from '../core/platform';
import { PodField } from '../core/env-source';
import { DuplicateNameError, InvalidPropError } from '../core/errors';
import type { ILogDestination, ILogPushDestination } from '../core/log-destination';
import { validName } from '../core/naming';
import { mebibytes } from '../core/quantity';
import { memoryLimitOf } from '../core/resources';
import { SecurityProfile } from '../core/security-profile';
import type { ServerProps } from '../core/server-description';
import { alloyText } from './alloy-syntax';
import { logAgentAlerts } from './log-agent-alerts';
import { logAgentConfig, nodeVariable, podLogFolder } from './log-agent-config';
import { logAgentDashboard } from './log-agent-dashboard';
import { logAgentObjectives } from './log-agent-objectives';
import { keptLabels, type DroppedLines, type MultilineProps } from './log-stages';

/** Options of a {@link LogAgent}. */
export interface LogAgentProps extends ComponentProps, ServerProps {
  /** Where lines go: a store by Loki's protocol, if it speaks that, else whatever takes OTLP, such as a {@link VectorTier}. */
  readonly logs: ILogPushDestination | ILogDestination;
  /**
   * Whose the lines are, where the store keeps several apart: the header `X-Scope-OrgID`. By OTLP whoever takes the lines says so.
   *
   * @default - that of the store
   */
  readonly tenant?: string;
  /** Namespaces whose pods are read. Its rights are in these, instead of in the whole cluster. @default - all */
  readonly allowedNamespaces?: readonly string[];
  /** Labels of every line, of few values: `cluster`, `site`. @default - where the environment says that it is; by OTLP none */
  readonly externalLabels?: Readonly<Record<string, string>>;
  /**
   * Folder of the node's journal; `/run/log/journal` where journald keeps it in memory, `'none'` where nodes have none. Nodes without the
   * folder run no agent.
   *
   * @default '/var/log/journal'
   */
  readonly journal?: string;
  /** Which lines of one program are one; `'none'` keeps each by itself. @default - stack traces of common languages */
  readonly multiline?: MultilineProps | 'none';
  /** Lines that are not kept, and are counted. @default - none */
  readonly drop?: readonly DroppedLines[];
  /**
   * What of lines in JSON or logfmt becomes metadata, which is searched without parsing: its name, and the fields that it may be in, the first
   * of which counts: `{ error_code: ['code', 'error.code'] }`.
   *
   * @default - none but trace and span
   */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  /**
   * Whose time a line has: of the container runtime, or that in the line, where it is RFC 3339, Python's or milliseconds. A program with a
   * wrong clock loses lines by the latter.
   *
   * @default 'runtime'
   */
  readonly timestamps?: 'runtime' | 'application';
  /** Lines of one pod or unit a second, for longer than ten seconds; more are dropped and counted. @default 1000 */
  readonly linesPerSecond?: number;
  /** Of longer lines the rest is cut. @default Size.kibibytes(255), as Loki refuses lines of more than 256 */
  readonly lineSize?: Size;
  /** Older lines are dropped, as Loki refuses them. @default Duration.days(7) */
  readonly maxAge?: Duration;
  /**
   * Folder of the node in which it keeps how far each file is read.
   *
   * @default - the component's name below `/var/lib/plumbline`
   */
  readonly positionsPath?: string;
}

const configFolder = '/etc/alloy';
const positionsFolder = '/var/lib/alloy/data';

/**
 * Grafana Alloy on every node, where Promtail was: it reads what containers write and the node's journal, and sends it to Loki with the labels
 * `namespace`, `service` and `level`. Whatever else is known of a line (pod, container, node, trace) is metadata.
 *
 * Each file is read by the agent of its node, and a second one that reads the same pods is refused. Programs that send their log records by
 * OTLP and write them, too, are found twice unless their pods have the annotation
 * `plumbline.dev/collect-logs: "false"`.
 *
 * Its namespace admits whatever pod, so it is for agents alone.
 */
export class LogAgent extends Component {
  readonly software = [images.alloy];
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** Metrics of each node's agent, port 12345. */
  readonly metrics: ServiceEndpoint;
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];
  override readonly slos = logAgentObjectives(this.name, Platform.of(this).objectives);
  private readonly namespaces: readonly string[] | undefined;

  /**
   * @throws {DuplicateNameError} if another agent of the app reads the same pods
   * @throws {InvalidPropError} if a name, a label, a limit or a path cannot be
   */
  constructor(scope: Construct, id: string, props: LogAgentProps) {
    super(scope, id, { ...props, nodeSelector: { 'kubernetes.io/os': 'linux', ...props.nodeSelector } });
    this.namespaces = this.checkedNamespaces(props.allowedNamespaces);
    this.checkOnlyReader();
    const stages = this.stages(props);
    const protocol = 'pushLogs' in props.logs ? 'loki' : 'otlp';
    const { tenant, journal: journalPath = '/var/log/journal' } = props;
    const { externalLabels = protocol === 'otlp' ? {} : Platform.of(this).origin } = props;
    if (protocol === 'otlp' && tenant !== undefined)
      throw new InvalidPropError(`${this.node.path}.tenant`, tenant, 'said by who takes lines by OTLP');
    for (const name of Object.keys(externalLabels)) checkLabel(`${this.node.path}.externalLabels`, name);
    const journal = journalPath === 'none' ? undefined : journalPath;
    const positionsPath = props.positionsPath ?? `/var/lib/plumbline/${this.name}`;
    const resources = props.resources ?? { cpu: '100m', memory: '128Mi', memoryLimit: '512Mi' };
    const memory = mebibytes(`${this.node.path}.resources.memory`, memoryLimitOf(resources), 0.8);
    const { workload, endpoints, scrapeTargets } = this.daemonSet('agent', props, {
      image: images.alloy,
      user: 0,
      role: 'log-agent',
      profile: SecurityProfile.agent({
        reason: 'it reads what containers and the node log, in files that belong to root, and remembers how far',
        root: true,
        hostPaths: {
          pods: { path: podLogFolder, mountPath: podLogFolder },
          ...(journal !== undefined && { journal: { path: journal, mountPath: journal } }),
          positions: {
            path: positionsPath,
            mountPath: positionsFolder,
            writable: true,
            type: 'DirectoryOrCreate',
          },
        },
      }),
      args: [
        'run',
        `${configFolder}/config.alloy`,
        `--storage.path=${positionsFolder}`,
        `--server.http.listen-addr=0.0.0.0:${ports.alloy}`,
        '--server.http.enable-pprof=false',
        '--server.http.disable-support-bundle',
        '--disable-reporting',
      ],
      env: { GOMEMLIMIT: `${memory}MiB` },
      envFrom: { [nodeVariable]: PodField.nodeName },
      resources,
      ports: { metrics: { port: ports.alloy, scheme: 'http', metrics: '/metrics', forClients: false, tls: true } },
      probes: { ready: '/-/ready', alive: '/-/healthy' },
      files: { path: configFolder, files: [ConfigFile.written('config.alloy', () => config, alloyText)] },
      // What it holds goes out before it ends.
      gracePeriod: Duration.seconds(45),
    });
    this.grantPods(workload);
    const config = logAgentConfig({
      ...stages,
      store: 'pushLogs' in props.logs ? props.logs.pushLogs(workload) : props.logs.exportLogs(workload),
      protocol,
      externalLabels,
      ...defined({ tenant, journal, namespaces: this.namespaces, tls: this.tls }),
    });
    this.metrics = endpoints.metrics;
    this.scrapeTargets = scrapeTargets;
    this.alerts = logAgentAlerts(this.name, protocol);
    this.dashboards = [logAgentDashboard(this.name, protocol)];
  }

  /** To see which pods there are is all that it needs; of which node, no right can say. */
  private grantPods(workload: DaemonSet): void {
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }];
    if (this.namespaces === undefined)
      workload.grantClusterApi(rules, 'it finds the pods of its node, to know whose lines it reads');
    else for (const namespace of this.namespaces) workload.grantApi(namespace, rules);
  }

  private checkedNamespaces(namespaces: LogAgentProps['allowedNamespaces']): readonly string[] | undefined {
    if (namespaces?.length === 0)
      throw new InvalidPropError(`${this.node.path}.allowedNamespaces`, namespaces, 'at least one namespace');
    return namespaces?.map((name) => validName(`${this.node.path}.allowedNamespaces`, name));
  }

  /** Of two that read the same files, the store would get each line twice. */
  private checkOnlyReader(): void {
    for (const other of this.node.root.node.findAll()) {
      if (!(other instanceof LogAgent) || other === this) continue;
      const shared = [this.namespaces, other.namespaces].every((each) => each !== undefined)
        ? (this.namespaces ?? []).filter((name) => other.namespaces?.includes(name))
        : ['every namespace'];
      if (shared.length > 0) throw new DuplicateNameError('reader of the pods of', shared.join(', '), this.node.path);
    }
  }

  private stages(props: LogAgentProps) {
    const { multiline = {}, drop = [], fields = {}, timestamps = 'runtime', linesPerSecond = 1000 } = props;
    const path = this.node.path;
    for (const name of Object.keys(fields)) {
      checkLabel(`${path}.fields`, name);
      if (reserved.includes(name)) throw new InvalidPropError(`${path}.fields`, name, 'a name that is not taken');
    }
    for (const [name, keys] of Object.entries(fields))
      if (keys.length === 0) throw new InvalidPropError(`${path}.fields.${name}`, keys, 'at least one field');
    for (const [index, { reason }] of drop.entries())
      if (!/^[a-z][a-z0-9_]*$/.test(reason))
        throw new InvalidPropError(`${path}.drop[${index}].reason`, reason, 'lower-case letters, digits, underscores');
    if (!Number.isInteger(linesPerSecond) || linesPerSecond < 1)
      throw new InvalidPropError(`${path}.linesPerSecond`, linesPerSecond, 'a count of at least 1');
    return {
      drop,
      fields,
      timestamps,
      linesPerSecond,
      lineBytes: (props.lineSize ?? Size.kibibytes(255)).toKibibytes() * 1024,
      maxAgeHours: (props.maxAge ?? Duration.days(7)).toHours(),
      ...defined({ multiline: multiline === 'none' ? undefined : multiline }),
    };
  }
}

/** What stages and metadata are called already. */
const reserved: readonly string[] = [
  ...keptLabels,
  ...['pod', 'container', 'node', 'stream', 'unit', 'priority', 'filename', 'trace_id', 'span_id', 'time', 'flags'],
  ...['content', 'letter', 'capitals', 'bracketed', 'first', 'level_json', 'level_logfmt'],
];

function checkLabel(prop: string, name: string): void {
  if (!/^[a-z_][a-z0-9_]*$/.test(name) || name.startsWith('__') || name.startsWith('logfmt_'))
    throw new InvalidPropError(prop, name, 'lower-case letters, digits and underscores');
}
