import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { UnknownNameError } from './errors';
import { Workload, type WorkloadProps } from './workload';

/**
 * Pods that somebody else makes when there is something to do, as a workflow engine does: account, policy and Secrets are there before any
 * of them is, and a `PodTemplate` says what they are. Whoever makes them takes the template as it is, and gives them their arguments.
 */
export class TaskPod extends Workload {
  private readonly object: k8s.KubePodTemplate;

  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id, props);
    this.object = new k8s.KubePodTemplate(this, 'pod-template', {
      metadata: this.metadata,
      template: this.podTemplate,
    });
    this.node.defaultChild = this.object;
  }

  /** What each pod is, once every wire is there: for files that are written when the app is rendered. */
  get rendered(): object {
    const { template } = this.object.toJson() as { readonly template?: object };
    if (template === undefined) throw new UnknownNameError('field of PodTemplate', 'template', []);
    return template;
  }

  protected override get restartPolicy(): string {
    return 'Never';
  }
}
