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
   * @default - the cluster's default
   */
  readonly priorityClass?: string;
  /**
   * Extra labels of every object and pod.
   *
   * @default - the environment's
   */
  readonly labels?: Readonly<Record<string, string>>;
}
