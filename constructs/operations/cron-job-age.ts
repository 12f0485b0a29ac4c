import type { Duration } from 'cdk8s';

/** A CronJob that must have succeeded not long ago. */
export interface WatchedCronJob {
  readonly name: string;
  readonly namespace: string;
  /** How long ago it may have succeeded last. */
  readonly maximumAge: Duration;
}

/** Seconds since it succeeded last, if they are too many; since it was made, where it never did. */
export function sinceSuccess({ name, namespace, maximumAge }: WatchedCronJob): string {
  const of = `namespace="${namespace}", cronjob="${name}"`;
  const last = `kube_cronjob_status_last_successful_time{${of}} or kube_cronjob_created{${of}}`;
  return `time() - max by (namespace, cronjob) (${last}) > ${maximumAge.toSeconds()}`;
}
