import type { Duration } from 'cdk8s';
import { Construct, type IConstruct } from 'constructs';
import type { Image } from '../images';
import type { Alert, RecordingRule } from './alert';
import type { Dashboard, IShowable } from './dashboard';
import { defined } from './defined';
import type { DaemonSet } from './daemon-set';
import type { Deployment } from './deployment';
import type { Endpoint } from './endpoint';
import { InvalidPropError } from './errors';
import { namespaceOf, validName } from './naming';
import { override, type RenderedManifest } from './override';
import type { PlacementProps } from './placement';
import { Platform } from './platform';
import type { SecretSource } from './secret-source';
import { agentServer, statefulServer, statelessServer } from './server';
import type {
  AgentDescription,
  Common,
  Server,
  ServerDescription,
  ServerProps,
  ServerScale,
} from './server-description';
import { serverTlsAt, type ServerTls } from './server-tls';
import type { IEvaluable, ILogEvaluable } from './rule-groups';
import type { Slo } from './slo';
import type { StatefulSet } from './stateful-set';
import { Workload } from './workload';

/** Options of every {@link Component}. */
export interface ComponentProps extends PlacementProps {
  /** Name of its objects, and what tells it from another of its kind. @default - the construct's id */
  readonly name?: string;
  /** Team that owns it: the label `team` of its alerts, by which they are routed. @default - that of the environment */
  readonly team?: string;
}

/** What a target tells of, beside parts of the platform and applications: a store may read each class as often as suits it. */
export type ScrapeClass = 'infrastructure' | 'network';

/** How often targets of a class are read. Those of a class that is not in it are read as often as any. */
export type ScrapeIntervals = Readonly<Partial<Record<ScrapeClass, Duration>>>;

/** Where a component's metrics are read. */
export interface ScrapeTarget {
  /** Name of the scrape job. */
  readonly job: string;
  /** Ours or not. Behind a headless Service every pod is read by itself, which is how it should be where there are several. */
  readonly endpoint: Endpoint;
  /** @default '/metrics' */
  readonly path?: string;
  /** What it tells of: nodes and objects of the cluster, or ways between places. @default - the platform itself, or applications */
  readonly class?: ScrapeClass;
  /** @default - as often as the store reads targets of its class */
  readonly interval?: Duration;
  /** Labels of all of its series, beside `job` and `instance`. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Whether labels of its series hold against those of the target, for what tells of others: a Prometheus of an operator gives each target
   * the `namespace` and `pod` that it is in.
   *
   * @default false
   */
  readonly honorLabels?: boolean;
  /** Query parameters, as a probe's target and module are. @default - none */
  readonly params?: Readonly<Record<string, readonly string[]>>;
  /** How long an answer may take; less than the interval. @default - as long as the store waits for any */
  readonly timeout?: Duration;
  /**
   * What the endpoint asks in its turn, each by a request of its own, as exporters do that probe others. Their series have the address that
   * was asked as `instance`, not that of the endpoint.
   *
   * @default - it tells of itself
   */
  readonly asked?: readonly AskedTarget[];
  /** How who reads it proves who it is. @default - nobody asks */
  readonly credentials?: ScrapeCredentials;
  /** Series at most; if there are more, none is kept, and `up` is 0: for answers of others, of which nobody here knows the size. @default - any number */
  readonly samples?: number;
}

/**
 * What a target asks of who reads it: `basic`, a Secret `<job>-scrape` with `username` and `password`, or `bearer`, one with `token`. It is in
 * the namespace of who reads, by reference and read of a file each time.
 */
export interface ScrapeCredentials {
  readonly kind: 'basic' | 'bearer';
  /** @default SecretSource.existing() */
  readonly source?: SecretSource;
}

/** Something that is not read itself: another program asks it, and tells how that went. */
export interface AskedTarget {
  /** Label `instance`: what is asked, such as a URL. */
  readonly instance: string;
  /** Query parameters that name it, beside those of the job. */
  readonly params: Readonly<Record<string, string>>;
  /** Labels of its series, beside those of the job. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** How often a target is read, if not as often as any. */
export function intervalOf(
  { class: of, interval }: Pick<ScrapeTarget, 'class' | 'interval'>,
  intervals: ScrapeIntervals,
): Duration | undefined {
  return interval ?? (of && intervals[of]);
}

/** Something whose metrics a store can collect. */
export interface IScrapable {
  readonly scrapeTargets: readonly ScrapeTarget[];
}

/** The components of a scope, in the order in which they were made. */
export function componentsIn({ node }: IConstruct): readonly Component[] {
  return node.findAll().filter((each): each is Component => each instanceof Component);
}

/**
 * Base of every product: owns its workloads, configuration and endpoints, and carries the values that stores and Grafana collect: scrape
 * targets, alerts, objectives, dashboards.
 */
export abstract class Component extends Construct implements IScrapable, IEvaluable, ILogEvaluable, IShowable {
  readonly name: string;
  readonly namespace: string;
  readonly team: string;
  /** What runs in it: image, licence, end of life. */
  abstract readonly software: readonly Image[];
  abstract readonly scrapeTargets: readonly ScrapeTarget[];
  /** When somebody should look. @default - never */
  readonly alerts: readonly Alert[] = [];
  /** When somebody should look, as lines tell it, in LogQL. @default - never */
  readonly logAlerts: readonly Alert[] = [];
  /** Series that are computed of others. @default - none */
  readonly recordingRules: readonly RecordingRule[] = [];
  /** What is promised, and told of when it is not kept. @default - nothing */
  readonly slos: readonly Slo[] = [];
  /** @default - none */
  readonly dashboards: readonly Dashboard[] = [];
  /** What the component's workloads have in common. */
  protected readonly common: Common;

  /** @throws {InvalidPropError} if the name is no DNS label, or the team's is empty */
  constructor(scope: Construct, id: string, props: ComponentProps) {
    super(scope, id);
    this.name = validName(`${this.node.path}.name`, props.name ?? id);
    this.namespace = namespaceOf(this);
    this.team = props.team ?? Platform.of(this).team;
    if (this.team.trim() === '') throw new InvalidPropError(`${this.node.path}.team`, this.team, 'a name');
    const { nodeSelector, tolerations, priorityClass, labels, pod } = props;
    this.common = { instance: this.name, ...defined({ nodeSelector, tolerations, priorityClass, labels, pod }) };
  }

  /** Its workloads, jobs too. */
  get workloads(): readonly Workload[] {
    return this.node.findAll().filter((each): each is Workload => each instanceof Workload);
  }

  /**
   * Changes objects of the component after they are rendered: for what no prop says. {@link override}
   *
   * @param what kind, or kind and name: `StatefulSet`, `Service/web-headless`
   * @throws {UnknownNameError} if there is no such object
   */
  override(what: string, change: (object: RenderedManifest) => RenderedManifest): void {
    override(this, what, change);
  }

  /** Its certificate and key, as configurations name them. @returns nothing where the platform speaks in plain text */
  protected get tls(): ServerTls | undefined {
    return serverTlsAt(this);
  }

  /** A product whose pods have names and volumes of their own; the first that is made is the component's main object. */
  protected statefulSet<Port extends string>(
    id: string,
    props: ServerProps,
    description: ServerDescription<Port>,
    scale?: ServerScale,
  ): Server<StatefulSet, Port> {
    const server = statefulServer(this, id, this.common, props, description, scale);
    this.node.defaultChild ??= server.workload;
    return server;
  }

  /** A product whose pods are interchangeable; the first that is made is the component's main object. */
  protected deployment<Port extends string>(
    id: string,
    props: ServerProps,
    description: ServerDescription<Port>,
    scale?: ServerScale,
  ): Server<Deployment, Port> {
    const server = statelessServer(this, id, this.common, props, description, scale);
    this.node.defaultChild ??= server.workload;
    return server;
  }

  /** A product that runs on every node; the first that is made is the component's main object. */
  protected daemonSet<Port extends string>(
    id: string,
    props: ServerProps,
    description: AgentDescription<Port>,
  ): Server<DaemonSet, Port> {
    const server = agentServer(this, id, this.common, props, description);
    this.node.defaultChild ??= server.workload;
    return server;
  }

  /** Makes a workload the one that `ApiObject.of` of the component finds. */
  protected main<T extends Workload>(workload: T): T {
    this.node.defaultChild = workload;
    return workload;
  }
}
