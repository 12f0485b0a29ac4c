import type { ArchiveJob } from '@plumbline/contracts';
import { decodeIncident, type Incident } from '@plumbline/wire';
import {
  kafkaConnection,
  kafkaSettings,
  KafkaStream,
  parseEnvironment,
  runJob,
  s3Client,
  s3Connection,
  s3Settings,
  toStoreError,
  type Environment,
  type JobOptions,
} from '@plumbline/worker';
import type { Logger } from 'pino';
import { z } from 'zod';
import { IncidentArchive } from './incident-archive';

const fileSchema = z.object({
  topic: z.string().min(1),
  group: z.string().min(1),
  bucket: z.string().min(3),
  newerThanSeconds: z.int().min(60),
}) satisfies z.ZodType<ArchiveJob>;

/**
 * Copies each incident and its traces to the bucket that keeps them for long. Those that are there in their newest revision are left alone.
 *
 * @returns the exit code
 */
export function runArchiveJob(environment: Environment, options?: JobOptions): Promise<number> {
  return runJob({ name: 'archive', file: fileSchema, reconcile: archive }, environment, options);
}

async function archive(job: ArchiveJob, environment: Environment, logger: Logger): Promise<void> {
  const incidents = await newestOf(job, environment, logger);
  const client = s3Client(s3Connection(parseEnvironment(s3Settings, environment)));
  const store = new IncidentArchive(client, job.bucket);
  const counts = { incidents: 0, traces: 0, gone: 0 };
  try {
    for (const incident of incidents) {
      const kept = await store.keep(incident);
      if (kept === undefined) continue;
      counts.incidents += 1;
      counts.traces += kept.traces;
      counts.gone += kept.gone;
    }
  } catch (error) {
    throw toStoreError(error, `archive in bucket ${job.bucket}`);
  } finally {
    client.destroy();
  }
  logger.info({ ...counts, known: incidents.length }, 'archived');
  if (counts.gone > 0)
    logger.warn({ traces: counts.gone }, 'traces of incidents had been deleted before they were archived');
}

/** The newest revision of each incident of the time that is looked at. */
async function newestOf(job: ArchiveJob, environment: Environment, logger: Logger): Promise<readonly Incident[]> {
  const connection = kafkaConnection(parseEnvironment(kafkaSettings, environment));
  const stream = new KafkaStream({ ...connection, clientId: 'archive', group: job.group, logger });
  const byId = new Map<string, Incident>();
  let unread = 0;
  const oldestMs = Date.now() - job.newerThanSeconds * 1000;
  try {
    await stream.readAll(job.topic, ({ value }) => {
      if (value === null) return;
      try {
        const incident = decodeIncident(value);
        const known = byId.get(incident.id);
        if (incident.publishedAtMs < oldestMs || (known !== undefined && known.revision > incident.revision)) return;
        byId.set(incident.id, incident);
      } catch {
        unread += 1;
      }
    });
  } finally {
    await stream.close();
  }
  if (unread > 0) logger.warn({ records: unread }, 'records that are no incidents');
  return [...byId.values()];
}
