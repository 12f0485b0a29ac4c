import { Chart, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { InvalidPropError, QuotaTooSmallError } from './errors';
import { sumsOf, totalOf, type NamespaceSums, type WorkloadSums } from './pod-sums';
import { quantityValue } from './quantity';
import type { Resources } from './resources';

/** What pods of a namespace may ask for together. */
export interface QuotaProps {
  /** Cores that are reserved. */
  readonly cpu?: string;
  /** Memory that is reserved. */
  readonly memory?: string;
  /** Memory at most. */
  readonly memoryLimit?: string;
  readonly pods?: number;
  /** Volumes. */
  readonly claims?: number;
  readonly storage?: string;
}

/** What each namespace of the platform may take of its cluster. */
export interface NamespaceLimitsProps {
  /**
   * What is left beside all that is rendered, in percent: for what somebody starts by hand.
   *
   * @default 20
   */
  readonly headroomPercent?: number;
  /**
   * Nodes that there may be, each with a pod of every agent.
   *
   * @default - there are no agents
   */
  readonly nodes?: number;
  /** Quotas by namespace, where they are not to follow from what is rendered; what one leaves out does. @default - all follow */
  readonly quotas?: Readonly<Record<string, QuotaProps>>;
  /** What containers get that ask for nothing, as those of `kubectl debug`. @default 50m, 64 MiB, at most 256 MiB */
  readonly container?: Resources;
}

const fallback = { cpu: '50m', memory: '64Mi', memoryLimit: '256Mi' } as const satisfies Resources;
const [kibibyte, mebibyte] = [2 ** 10, 2 ** 20];

/** A ResourceQuota and a LimitRange, as large as what is rendered into a namespace needs. */
export class NamespaceLimits extends Construct {
  private readonly headroom: number;
  private readonly container: Required<Omit<Resources, 'cpuLimit'>>;

  /** @throws {InvalidPropError} if the headroom is negative, or there are no nodes */
  constructor(
    scope: Construct,
    id: string,
    private readonly namespace: string,
    private readonly props: NamespaceLimitsProps,
  ) {
    super(scope, id);
    const { headroomPercent = 20, nodes = 1, container = fallback } = props;
    const prop = 'PlatformApp.namespaceLimits';
    if (!(headroomPercent >= 0)) throw new InvalidPropError(`${prop}.headroomPercent`, headroomPercent, '0 or more');
    if (!Number.isInteger(nodes) || nodes < 1)
      throw new InvalidPropError(`${prop}.nodes`, nodes, 'a count of at least 1');
    this.headroom = 1 + headroomPercent / 100;
    this.container = { memoryLimit: container.memory, ...container };
    const metadata = { name: 'plumbline', namespace, labels: Chart.of(this).labels };
    new k8s.KubeResourceQuota(this, 'quota', {
      metadata,
      spec: { hard: Lazy.any({ produce: () => quantities(this.hard()) }) as Record<string, k8s.Quantity> },
    });
    new k8s.KubeLimitRange(this, 'range', {
      metadata,
      spec: { limits: Lazy.any({ produce: () => [this.range()] }) as k8s.LimitRangeItem[] },
    });
  }

  private get sums(): readonly WorkloadSums[] {
    const sums = sumsOf(this.node.root, this.namespace, this.props.nodes ?? 1);
    const agent = sums.find(({ isOnEveryNode }) => isOnEveryNode);
    if (agent !== undefined && this.props.nodes === undefined) {
      const expected = `how many nodes there may be, each with a pod of ${agent.workload}`;
      throw new InvalidPropError('PlatformApp.namespaceLimits.nodes', this.props.nodes, expected);
    }
    return sums;
  }

  /** @throws {QuotaTooSmallError} if one that is given leaves no room for what is rendered */
  private hard(): Record<string, string> {
    const { sums } = this;
    const total = totalOf(sums);
    const given = this.props.quotas?.[this.namespace] ?? {};
    const amount = (resource: string, field: keyof NamespaceSums, write: (value: number) => string) => {
      const own = given[field];
      if (own === undefined) return write(total[field] * this.headroom);
      const value = quantityValue(`quota of ${this.namespace}.${field}`, String(own));
      if (value >= total[field]) return String(own);
      const parts = sums
        .filter((each) => each[field] > 0)
        .toSorted((a, b) => b[field] - a[field])
        .map((each) => `${each.workload} ${write(each[field])}`);
      throw new QuotaTooSmallError(this.namespace, resource, String(own), write(total[field]), parts);
    };
    // No quota of limits of CPU: with one, a pod without such a limit is refused.
    return {
      'requests.cpu': amount('requests.cpu', 'cpu', cores),
      'requests.memory': amount('requests.memory', 'memory', bytes),
      'limits.memory': amount('limits.memory', 'memoryLimit', bytes),
      pods: amount('pods', 'pods', count),
      persistentvolumeclaims: amount('persistentvolumeclaims', 'claims', count),
      'requests.storage': amount('requests.storage', 'storage', bytes),
    };
  }

  /** No limit of CPU: a range with one gives it to every container that has none, and throttles it. */
  private range(): k8s.LimitRangeItem {
    const { cpu, memory, memoryLimit } = this.container;
    const largest = Math.max(
      quantityValue('namespaceLimits.container.memoryLimit', memoryLimit),
      ...this.sums.map(({ largestLimit }) => largestLimit),
    );
    return {
      type: 'Container',
      defaultRequest: quantities({ cpu, memory }),
      default: quantities({ memory: memoryLimit }),
      max: quantities({ memory: bytes(largest) }),
    };
  }
}

function quantities(amounts: Readonly<Record<string, string>>): Record<string, k8s.Quantity> {
  return Object.fromEntries(Object.entries(amounts).map(([name, text]) => [name, k8s.Quantity.fromString(text)]));
}

/** As the API server writes it, so that nothing differs afterwards. */
function cores(value: number): string {
  const millis = Math.ceil(Number((value * 1000).toFixed(3)));
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`;
}

function bytes(value: number): string {
  const mebibytes = Math.ceil(value / mebibyte);
  return mebibytes > 0 && mebibytes % kibibyte === 0
    ? `${mebibytes / kibibyte}Gi`
    : mebibytes === 0
      ? '0'
      : `${mebibytes}Mi`;
}

function count(value: number): string {
  return String(Math.ceil(Number(value.toFixed(3))));
}
