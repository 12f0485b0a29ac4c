import { backupGroup } from '@plumbline/contracts';
import { Command } from 'commander';
import {
  addConcurrencyOption,
  addSnapshotOption,
  whereBackupsAre,
  whereBucketsAre,
  whereTopicsAre,
  withVault,
  type SnapshotArguments,
} from '../backup/session';

const exitCodes = `
It may be run again: what is there as it should be is left, and what is missing is written.

Exit code: 0 when all is there again, 1 when it is not, 2 on wrong usage, 130 when interrupted.`;

export function restoreCommand(): Command {
  return new Command('restore')
    .description('bring back what plumbline backup stored')
    .addCommand(bucketsCommand())
    .addCommand(topicsCommand())
    .addCommand(databasesCommand())
    .addHelpText(
      'after',
      `${whereBackupsAre}\n\nThe page docs/how-to/restore.md says in which order, and what to stop before.`,
    );
}

function bucketsCommand(): Command {
  const command = new Command('buckets')
    .description('write objects into buckets that are there')
    .argument('[bucket...]', 'buckets (all of the backup)');
  return addConcurrencyOption(addSnapshotOption(command))
    .addHelpText(
      'after',
      `\nObjects that the backup does not know stay.\n${whereBackupsAre}\n${whereBucketsAre}\n${exitCodes}`,
    )
    .action(async (buckets: string[], args: SnapshotArguments & { readonly concurrency: number }) => {
      const { restoreBuckets } = await import('@plumbline/backup');
      const { parseEnvironment, s3Connection, s3Settings } = await import('@plumbline/worker');
      const target = s3Connection(parseEnvironment(s3Settings, process.env));
      await withVault(args, 'restore buckets', async (vault, given) => {
        const snapshot = await vault.read('buckets', args.snapshot);
        await restoreBuckets(vault, snapshot, {
          target,
          ...only('buckets', buckets),
          concurrency: args.concurrency,
          ...given,
        });
      });
    });
}

function topicsCommand(): Command {
  const command = new Command('topics')
    .description('write records into topics that hold nothing else, and say how far groups had read')
    .argument('[topic...]', 'topics (all of the backup)');
  return addSnapshotOption(command)
    .addHelpText(
      'after',
      `
Each record goes into its partition and in its order. Stop the workers first: nobody else may write meanwhile. Topics that are not there are
made, with the settings that they had.
${whereBackupsAre}
${whereTopicsAre}
${exitCodes}`,
    )
    .action(async (topics: string[], args: SnapshotArguments) => {
      const { restoreTopics } = await import('@plumbline/backup');
      const { createLogger, kafkaConnection, kafkaSettings, parseEnvironment } = await import('@plumbline/worker');
      const target = kafkaConnection(parseEnvironment(kafkaSettings, process.env));
      const options = {
        target,
        ...only('topics', topics),
        readAs: backupGroup,
        logger: createLogger('restore', 'fatal'),
      };
      await withVault(args, 'restore topics', async (vault, given) => {
        await restoreTopics(vault, await vault.read('topics', args.snapshot), { ...options, ...given });
      });
    });
}

function databasesCommand(): Command {
  const command = new Command('databases')
    .description('have pg_restore bring dumps into databases that are there')
    .argument('[database...]', 'databases (all of the backup)')
    .requiredOption('--folder <dir>', 'where dumps are laid')
    .option('--fetch', 'lay the dumps into the folder, and restore none');
  return addSnapshotOption(command)
    .addHelpText(
      'after',
      `
Tables that are there are replaced, in one transaction. The server is PGHOST, PGPORT, as the administrator PGUSER with PGPASSWORD; PGSSLMODE
and PGSSLROOTCERT where it is encrypted. Each database and the role of its name must be there: the Job of the server makes them.
${whereBackupsAre}
${exitCodes}`,
    )
    .action(
      async (databases: string[], args: SnapshotArguments & { readonly folder: string; readonly fetch?: boolean }) => {
        const { restoreDatabases } = await import('@plumbline/backup');
        const { folder, fetch } = args;
        const options = { folder, ...only('databases', databases), ...(fetch !== true && { server: process.env }) };
        await withVault(args, 'restore databases', async (vault, given) => {
          await restoreDatabases(vault, await vault.read('databases', args.snapshot), { ...options, ...given });
        });
      },
    );
}

/** Names that were given; none means all. */
function only<K extends string>(key: K, names: readonly string[]): Partial<Record<K, readonly string[]>> {
  return names.length === 0 ? {} : ({ [key]: names } as Record<K, readonly string[]>);
}
