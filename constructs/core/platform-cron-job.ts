import type { Construct } from 'constructs';
import { CronJob } from './job';
import { mountJobFile, platformJobProps, type PlatformJobProps } from './platform-job';
import { use, type Access } from './use';

/** Options of a {@link PlatformCronJob}. */
export interface PlatformCronJobProps extends PlatformJobProps {
  /** Cron expression, UTC. */
  readonly schedule: string;
}

/** A {@link PlatformJob} at set times. */
export class PlatformCronJob extends CronJob {
  constructor(scope: Construct, id: string, props: PlatformCronJobProps) {
    super(scope, id, { ...platformJobProps(props), schedule: props.schedule });
    mountJobFile(this, props);
  }

  /** Configures it with what it was granted. @throws {InvalidPropError} if it uses another broker or store already */
  use(access: Access): void {
    use(this, access);
  }
}
