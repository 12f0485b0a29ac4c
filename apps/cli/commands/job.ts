import { environmentKeys, jobs, type JobName } from '@plumbline/contracts';
import { Command } from 'commander';

const purposes: Readonly<Record<JobName, string>> = {
  topics: 'create topics and bring their settings up to date',
  storage: 'create buckets, and an identity with its policy for each user of them',
  databases: 'create databases, each with a role that owns it and may do nothing elsewhere',
  credentials: 'create Secrets with random values, each once and never again',
  certificates: 'start servers again that still show a certificate which was renewed',
  expiry: 'delete objects that are older than their bucket says',
  archive: 'copy incidents and their traces to the bucket that keeps them for long',
  backup: 'copy buckets, topics or dumps of databases to another object store',
};

/** One subcommand a job. */
export function jobCommand(): Command {
  const command = new Command('job').description('bring something about once and leave, as the Jobs in dist/ do');
  for (const name of jobs) {
    command
      .command(name)
      .description(purposes[name])
      .addHelpText(
        'after',
        `\n${environmentKeys.jobFile} names a JSON file that says what there should be. Running it again changes nothing${name === 'backup' ? ' but that there is one more backup' : ''}.`,
      )
      .action(async () => {
        const worker = await import('@plumbline/worker');
        const { runArchiveJob } = await import('@plumbline/root-cause');
        const { runBackupJob } = await import('@plumbline/backup');
        const run = {
          topics: worker.runTopicsJob,
          storage: worker.runStorageJob,
          databases: worker.runDatabasesJob,
          credentials: worker.runCredentialsJob,
          certificates: worker.runCertificatesJob,
          expiry: worker.runExpiryJob,
          archive: runArchiveJob,
          backup: runBackupJob,
        }[name];
        process.exitCode = await run(process.env);
      });
  }
  return command;
}
