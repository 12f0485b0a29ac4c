import { Chart } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import type { ImageRegistries } from '../images';
import { ClusterNetwork } from './cluster-network';
import type { Objectives } from './objectives';
import type { PriorityProps } from './priorities';
import type { PlatformTlsProps } from './server-tls';
import { defined } from './defined';

/** What every construct of an app may ask: the cluster, where images come from, common labels. */
export interface PlatformProps extends ImageRegistries {
  readonly cluster: ClusterNetwork;
  readonly labels: Readonly<Record<string, string>>;
  /** Where what all charts share is put; absent: in the chart of whoever asks. */
  readonly sharedScope?: () => Construct;
  /**
   * `rendered`: each workload has its NetworkPolicy. `collected`: it has none, and `workload.network.spec` says what one has to allow, for
   * whoever writes policies of his own.
   *
   * @default 'rendered'
   */
  readonly policies?: 'rendered' | 'collected';
  /** @default - servers speak in plain text */
  readonly tls?: PlatformTlsProps;
  /** Who owns what alerts tell of, where a component does not say. @default 'platform' */
  readonly team?: string;
  /** Labels of every signal, see {@link originLabels}. @default - signals have none in common */
  readonly origin?: Readonly<Record<string, string>>;
  /** Priority classes of pods that say none of their own. @default - they have the cluster's default */
  readonly priorities?: PriorityProps;
  /** What is promised; components carry objectives of their own then. @default - nothing but that collectors take traces */
  readonly objectives?: Objectives;
  /** Minor version of Kubernetes that objects are for, such as `1.33`. @default - 1.28, whose fields all later ones have */
  readonly kubernetes?: string;
}

const platforms = new WeakMap<IConstruct, Platform>();

/** The surroundings of a construct. In a chart of another team's app, which has none, the defaults hold. */
export class Platform {
  /** That of the nearest scope around `scope` which has one. */
  static of(scope: IConstruct): Platform {
    for (const around of scope.node.scopes.slice().reverse()) {
      const platform = platforms.get(around);
      if (platform !== undefined) return platform;
    }
    return new Platform({ cluster: new ClusterNetwork(), labels: {} });
  }

  /** Makes `props` hold for everything below `scope`; what they do not say is as around it. */
  static define(scope: IConstruct, props: Partial<PlatformProps>): Platform {
    const platform = new Platform({ ...Platform.of(scope).props, ...props });
    platforms.set(scope, platform);
    return platform;
  }

  readonly cluster: ClusterNetwork;
  readonly registries: ImageRegistries;
  readonly labels: Readonly<Record<string, string>>;
  readonly policies: 'rendered' | 'collected';
  readonly tls: PlatformTlsProps | undefined;
  readonly team: string;
  readonly origin: Readonly<Record<string, string>>;
  readonly priorities: PriorityProps | undefined;
  readonly objectives: Objectives | undefined;
  readonly kubernetes: string | undefined;
  private readonly shared: (() => Construct) | undefined;

  private constructor(private readonly props: PlatformProps) {
    this.policies = props.policies ?? 'rendered';
    this.tls = props.tls;
    this.team = props.team ?? 'platform';
    this.origin = props.origin ?? {};
    this.priorities = props.priorities;
    this.objectives = props.objectives;
    this.kubernetes = props.kubernetes;
    this.cluster = props.cluster;
    this.registries = defined({ registry: props.registry, imageRegistry: props.imageRegistry });
    this.labels = props.labels;
    this.shared = props.sharedScope;
  }

  sharedScope(asker: Construct): Construct {
    return this.shared?.() ?? Chart.of(asker);
  }
}
