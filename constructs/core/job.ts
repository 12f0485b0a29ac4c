import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { contentHash } from './content-hash';
import { finish, type RenderedManifest } from './override';
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

/**
 * How long a Job stays after its end, for whoever wants its log: a week. What applies it again then runs it again, which changes
 * nothing that is as it should be.
 */
const ttlSecondsAfterFinished = 7 * 24 * 3600;

/**
 * Pods that run until they succeed. A Job may run again at any time, so what it does must bear that: one that is deleted is
 * made anew by whatever keeps the cluster as its files say.
 */
export class Job extends Workload {
  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id, ending(props));
    const job = new k8s.KubeJob(this, 'job', {
      metadata: this.metadata,
      spec: { backoffLimit, ttlSecondsAfterFinished, template: this.podTemplate },
    });
    finish(job, hashedName);
    this.node.defaultChild = job;
  }

  protected override get restartPolicy(): string {
    return 'OnFailure';
  }
}

/** A Job is immutable, so its name says what it does: a changed one is another Job, which runs again. */
function hashedName(object: RenderedManifest): RenderedManifest {
  const metadata = object.metadata as { readonly name: string };
  return { ...object, metadata: { ...metadata, name: `${metadata.name}-${contentHash(object.spec)}` } };
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
      metadata: this.metadata,
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
