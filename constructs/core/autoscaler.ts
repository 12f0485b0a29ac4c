import { k8s } from 'cdk8s-plus-28';
import { InvalidPropError } from './errors';
import type { Workload } from './workload';

/** How many pods an autoscaler keeps, and when it adds one. */
export interface AutoscalerProps {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Percentage of requested CPU. @default - CPU does not count */
  readonly cpuPercent?: number;
  /** Percentage of requested memory. @default - memory does not count */
  readonly memoryPercent?: number;
  /**
   * How fast pods come and go.
   *
   * @default - they come as fast as they can, and go one a minute, five minutes after they were needed last
   */
  readonly behavior?: k8s.HorizontalPodAutoscalerBehaviorV2;
}

/** Pods go one a minute, five minutes after they were needed last. */
export const slowScaleDown = {
  scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
};

/** For what refuses when it is too small: pods come two every half minute, at once, and go one a minute, ten minutes after they were needed last. */
export const quickScaleUp = {
  scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }] },
  scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
};

/** @throws {InvalidPropError} if there is no target, or bounds are not in order */
export function scaleByResources(deployment: Workload, props: AutoscalerProps): void {
  const { minReplicas, maxReplicas, cpuPercent, memoryPercent, behavior = slowScaleDown } = props;
  const prop = `${deployment.node.path}.autoscaler`;
  if (minReplicas < 1 || maxReplicas < minReplicas) throw new InvalidPropError(prop, props, 'a range from 1 up');
  const targets = Object.entries({ cpu: cpuPercent, memory: memoryPercent }).flatMap(([name, percent]) =>
    percent === undefined ? [] : [{ name, percent }],
  );
  if (targets.length === 0) throw new InvalidPropError(prop, props, 'a target of CPU or memory');
  new k8s.KubeHorizontalPodAutoscalerV2(deployment, 'autoscaler', {
    metadata: { name: deployment.name, labels: { ...deployment.labels } },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment.name },
      minReplicas,
      maxReplicas,
      behavior,
      metrics: targets.map(({ name, percent }) => ({
        type: 'Resource',
        resource: { name, target: { type: 'Utilization', averageUtilization: percent } },
      })),
    },
  });
}
