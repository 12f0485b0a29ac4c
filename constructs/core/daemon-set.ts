import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { selectorLabels } from './naming';
import { Workload, type WorkloadProps } from './workload';

/**
 * One pod on every node: whatever its taints, unless the props say which of them, and also on nodes that the environment keeps its other
 * pods from. Only the `nodeSelector` of the props narrows it.
 */
export class DaemonSet extends Workload {
  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id, { ...props, tolerations: props.tolerations ?? [{ operator: 'Exists' }] });
    this.node.defaultChild = new k8s.KubeDaemonSet(this, 'daemon-set', {
      metadata: this.metadata,
      spec: {
        selector: { matchLabels: selectorLabels(this.selector) },
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: k8s.IntOrString.fromString('10%') },
        },
        template: this.podTemplate,
      },
    });
  }

  protected override get isOnEveryNode(): boolean {
    return true;
  }
}
