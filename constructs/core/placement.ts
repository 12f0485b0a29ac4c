import type { k8s } from 'cdk8s-plus-28';

/** A taint that a pod may run in spite of. */
export interface Toleration {
  /** @default - every taint, with the operator `Exists` */
  readonly key?: string;
  /** @default 'Equal' */
  readonly operator?: 'Equal' | 'Exists';
  /** @default - none */
  readonly value?: string;
  /** @default - every effect */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** Where pods run and how they are marked; what the environment's cluster says is added to it. */
export interface PlacementProps {
  /**
   * Labels of the nodes that pods may run on, beside those of the environment.
   *
   * @default - the environment's
   */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /**
   * Taints that pods tolerate, beside those of the environment.
   *
   * @default - the environment's
   */
  readonly tolerations?: readonly Toleration[];
  /**
   * Priority class, which must exist.
   *
   * @default - that of the environment's `priorities` for what it is in the platform, else the cluster's default
   */
  readonly priorityClass?: string;
  /**
   * Extra labels of every object and pod.
   *
   * @default - the environment's
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * What else pods are to have, in the words of Kubernetes.
   *
   * @default - nothing
   */
  readonly pod?: PodOptions;
}

/** Additions to every pod of a component. What only one of its pods is to have is for `component.override`. */
export interface PodOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of the ServiceAccount, as clouds that give it a role want them. */
  readonly accountAnnotations?: Readonly<Record<string, string>>;
  readonly affinity?: k8s.Affinity;
  /** @default - replicas are spread over nodes and zones where that is possible */
  readonly topologySpread?: readonly k8s.TopologySpreadConstraint[];
  /** Secrets with which images are pulled. */
  readonly pullSecrets?: readonly string[];
  /** Containers beside the component's own, not in pods that are to end; the policies of the component hold for them too. */
  readonly containers?: readonly k8s.Container[];
  readonly volumes?: readonly k8s.Volume[];
  /** Variables of the component's own container; not those that it has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the component's own container, not in pods that are to end. */
  readonly lifecycle?: k8s.Lifecycle;
}
