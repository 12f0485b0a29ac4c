import { backupGroup, type BackupJob } from '@plumbline/contracts';
import {
  kafkaConnection,
  kafkaSettings,
  parseEnvironment,
  runJob,
  s3Connection,
  s3Settings,
  type Environment,
  type JobOptions,
} from '@plumbline/worker';
import type { Logger } from 'pino';
import { z } from 'zod';
import { backUpBuckets } from './backup-buckets';
import { backUpTopics } from './backup-topics';
import { backUpDatabases } from './databases';
import { BackupError } from './errors';
import { parts } from './format';
import { prune } from './keep';
import type { Report } from './report';
import { openVault } from './settings';
import type { Vault } from './vault';
import { verifySnapshot } from './verify';

const keep = z.object({ hours: z.number().min(0), days: z.number().min(0) });
const name = z.string().min(1);

const fileSchema = z.discriminatedUnion('part', [
  z.object({
    part: z.literal('buckets'),
    keep,
    buckets: z.array(z.object({ name, versioned: z.boolean() })).min(1),
  }),
  z.object({
    part: z.literal('topics'),
    keep,
    topics: z.array(z.object({ name, windowSeconds: z.number().min(1).exactOptional() })).min(1),
    groups: z.array(name),
  }),
  z.object({ part: z.literal('databases'), keep, folder: name, databases: z.array(name).min(1) }),
  z.object({ part: z.literal('verification'), read: z.array(z.enum(parts)), count: z.array(z.enum(parts)) }),
]) satisfies z.ZodType<BackupJob>;

/**
 * Backs up one part and deletes backups that are not to be kept any longer; or looks whether the newest ones can be restored.
 *
 * @returns the exit code
 */
export function runBackupJob(environment: Environment, options?: JobOptions): Promise<number> {
  return runJob({ name: 'backup', file: fileSchema, reconcile: backUp }, environment, options);
}

async function backUp(job: BackupJob, environment: Environment, logger: Logger): Promise<void> {
  const vault = openVault(environment);
  const report: Report = (event, about) => logger.info(about, event);
  try {
    if (job.part === 'verification') {
      await verify(vault, job, report);
      return;
    }
    if (job.part === 'buckets') {
      const source = s3Connection(parseEnvironment(s3Settings, environment));
      await backUpBuckets(vault, { source, buckets: job.buckets, report });
    } else if (job.part === 'topics') {
      const source = kafkaConnection(parseEnvironment(kafkaSettings, environment));
      const topics = job.topics.map(({ name: topic, windowSeconds }) => ({
        name: topic,
        ...(windowSeconds !== undefined && { windowMs: windowSeconds * 1000 }),
      }));
      await backUpTopics(vault, { source, topics, groups: job.groups, readAs: backupGroup, logger, report });
    } else {
      await backUpDatabases(vault, { folder: job.folder, databases: job.databases, report });
    }
    await prune(vault, job.part, job.keep, Date.now(), report);
  } finally {
    vault.bucket.close();
  }
}

/** @throws {BackupError} that names all that is wrong */
async function verify(
  vault: Vault,
  { read, count }: Extract<BackupJob, { readonly part: 'verification' }>,
  report: Report,
): Promise<void> {
  const problems: string[] = [];
  for (const part of parts.filter((each) => read.includes(each) || count.includes(each))) {
    const snapshot = await vault.read(part);
    const found = await verifySnapshot(vault, snapshot, { quick: !read.includes(part) });
    problems.push(...found.problems);
    const { contents, bytes } = found;
    report('verified', { part, backup: snapshot.id, contents, bytes, problems: found.problems.length });
  }
  if (problems.length > 0) throw new BackupError('PLUMBLINE_BACKUP_CORRUPT', problems.join('\n'));
}
