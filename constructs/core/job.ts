import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { contentHash } from './content-hash';
import { Workload, type WorkloadProps } from './workload';

/**
 * How often a pod that failed is started again. Jobs wait for what they need by failing, and pauses grow to six minutes,
 * so this is the better part of a day.
 */
const backoffLimit = 100;

/**
 * How late a run may begin. Without a bound the controller counts every time that was missed while nothing could start it,
 * and gives up at a hundred: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline
 */
const startingDeadlineSeconds = 3600;

/** Pods that run until they succeed. */
export class Job extends Workload {
  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id, ending(props));
    this.node.defaultChild = new HashedName(this, 'job', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: { backoffLimit, template: this.podTemplate },
    });
  }

  protected override get restartPolicy(): string {
    return 'OnFailure';
  }
}

/** A Job is immutable, so its name says what it does: a changed one is another Job, which runs again. */
class HashedName extends k8s.KubeJob {
  override toJson(): unknown {
    const object = super.toJson() as { readonly metadata: { readonly name: string }; readonly spec: unknown };
    const name = `${object.metadata.name}-${contentHash(object.spec)}`;
    return { ...object, metadata: { ...object.metadata, name } };
  }
}

/** Options of a {@link CronJob}. */
export interface CronJobProps extends WorkloadProps {
  /** Cron expression, UTC. */
  readonly schedule: string;
}

/** A Job at set times, never two at once. */
export class CronJob extends Workload {
  constructor(scope: Construct, id: string, props: CronJobProps) {
    super(scope, id, ending(props));
    this.node.defaultChild = new k8s.KubeCronJob(this, 'cron-job', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        schedule: props.schedule,
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds,
        jobTemplate: { spec: { backoffLimit: 3, template: this.podTemplate } },
      },
    });
  }

  protected override get restartPolicy(): string {
    return 'OnFailure';
  }
}

/** A pod that is to end has no container beside it that goes on. */
function ending(props: WorkloadProps): WorkloadProps {
  if (props.pod === undefined) return props;
  const { containers: _, lifecycle: __, ...pod } = props.pod;
  return { ...props, pod };
}
