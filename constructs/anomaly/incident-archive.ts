import { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import { archiveGroup, type ArchiveJob } from '../contracts';
import type { IBucket } from '../core/bucket';
import { ConfigFile } from '../core/config-file';
import { defined } from '../core/defined';
import { PlatformCronJob } from '../core/platform-cron-job';
import type { Common } from '../core/server-description';
import type { Topic } from '../core/topic';

/** Options of an {@link incidentArchive}. */
export interface IncidentArchiveProps {
  readonly common: Common;
  readonly name: string;
  readonly incidents: Topic;
  /** Where traces of incidents are. */
  readonly anomalies: IBucket;
  /** Where they are copied to. */
  readonly archive: IBucket;
  readonly image?: string | undefined;
}

/** An incident that changes after so long is not copied again: a week of a Job that failed. */
const lookBack = Duration.days(7);

/** Copies incidents and their traces every hour: those of the store's own bucket go when they are old. */
export function incidentArchive(scope: Construct, id: string, props: IncidentArchiveProps): PlatformCronJob {
  const { common, name, incidents, anomalies, archive, image } = props;
  const job = new PlatformCronJob(scope, id, {
    ...common,
    name,
    job: 'archive',
    schedule: '37 * * * *',
    file: ConfigFile.json('job.json', (): ArchiveJob => {
      return {
        topic: incidents.name,
        group: archiveGroup,
        bucket: archive.name,
        newerThanSeconds: lookBack.toSeconds(),
      };
    }),
    ...defined({ image }),
  });
  job.use(incidents.grantConsume(job, archiveGroup));
  anomalies.grantRead(job);
  // It asks which incidents are there, and puts those that are not.
  archive.grantRead(job);
  job.use(archive.grantWrite(job));
  return job;
}
