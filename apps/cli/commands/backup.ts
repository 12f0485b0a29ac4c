import { backupGroup, consumerGroups, topics } from '@plumbline/contracts';
import { Command, InvalidArgumentError } from 'commander';
import {
  addConcurrencyOption,
  addJsonOption,
  addSnapshotOption,
  size,
  whereBackupsAre,
  whereBucketsAre,
  whereTopicsAre,
  withVault,
  type SnapshotArguments,
  type VaultArguments,
} from '../backup/session';
import { UsageError } from '../errors';
import { names } from '../settings/choose';

interface BackUpArguments extends VaultArguments {
  readonly concurrency: number;
  readonly versioned?: readonly string[];
  readonly full?: boolean;
  readonly allowEmpty?: boolean;
}

interface TopicsArguments extends VaultArguments {
  readonly groups: readonly string[];
  readonly hours?: number;
  readonly full?: boolean;
  readonly allowEmpty?: boolean;
}

interface VerifyArguments extends SnapshotArguments {
  readonly concurrency: number;
  readonly quick?: boolean;
}

/** Topics that hold what no other topic or bucket does. */
const stateTopics = Object.values(topics)
  .filter(({ cleanup }) => cleanup === 'compact')
  .map(({ name }) => name);

const exitCodes = `
Exit code: 0 when the backup counts, 1 when it does not, 2 on wrong usage, 130 when interrupted. What an interrupted backup stored is used
by the next one; the one before stays as it was.`;

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy buckets, topics and databases to another object store, and say whether the copies are good')
    .addCommand(bucketsCommand())
    .addCommand(topicsCommand())
    .addCommand(databasesCommand())
    .addCommand(listCommand())
    .addCommand(verifyCommand())
    .addHelpText(
      'after',
      `${whereBackupsAre}\n\nThe way back is plumbline restore; docs/how-to/restore.md has it in steps.`,
    );
}

function bucketsCommand(): Command {
  const command = new Command('buckets')
    .description('store what is in buckets now; objects that were stored before are not read again')
    .argument('<bucket...>')
    .option('--versioned <buckets>', 'those of them whose versions are kept, too, separated by commas', names)
    .option('--full', 'read and store everything again')
    .option('--allow-empty', 'a bucket may be empty that was not');
  return addJsonOption(addConcurrencyOption(command))
    .addHelpText(
      'after',
      `
Example:
  plumbline backup buckets tempo-traces loki-chunks ml-models --versioned ml-models
${whereBackupsAre}
${whereBucketsAre}
${exitCodes}`,
    )
    .action(async (buckets: string[], args: BackUpArguments) => {
      const { concurrency, versioned = [], full = false, allowEmpty = false } = args;
      const stranger = versioned.find((name) => !buckets.includes(name));
      if (stranger !== undefined) throw new UsageError(`--versioned ${stranger} is none of the buckets that are named`);
      const { backUpBuckets } = await import('@plumbline/backup');
      const { parseEnvironment, s3Connection, s3Settings } = await import('@plumbline/worker');
      const source = s3Connection(parseEnvironment(s3Settings, process.env));
      const which = buckets.map((name) => ({ name, versioned: versioned.includes(name) }));
      const options = { source, buckets: which, concurrency, full, allowEmpty };
      const made = await withVault(args, 'backup buckets', (vault, given) =>
        backUpBuckets(vault, { ...options, ...given }),
      );
      if (made !== undefined) console.log(args.json === true ? JSON.stringify(made) : made.id);
    });
}

function topicsCommand(): Command {
  const command = new Command('topics')
    .description('store records of topics, and how far consumer groups have read')
    .argument('[topic...]', 'topics', stateTopics)
    .option('--groups <groups>', 'consumer groups, separated by commas', names, Object.values(consumerGroups))
    .option('--hours <n>', 'only records of the last hours', positive)
    .option('--full', 'read and store everything again')
    .option('--allow-empty', 'a topic may be empty that was not');
  return addJsonOption(command)
    .addHelpText('after', `${whereBackupsAre}\n${whereTopicsAre}\n${exitCodes}`)
    .action(async (topicNames: string[], args: TopicsArguments) => {
      const { groups, hours, full = false, allowEmpty = false } = args;
      const { backUpTopics } = await import('@plumbline/backup');
      const { createLogger, kafkaConnection, kafkaSettings, parseEnvironment } = await import('@plumbline/worker');
      const source = kafkaConnection(parseEnvironment(kafkaSettings, process.env));
      const which = topicNames.map((name) => ({ name, ...(hours !== undefined && { windowMs: hours * 3_600_000 }) }));
      const logger = createLogger('backup', 'fatal');
      const options = { source, topics: which, groups, readAs: backupGroup, logger, full, allowEmpty };
      const made = await withVault(args, 'backup topics', (vault, given) =>
        backUpTopics(vault, { ...options, ...given }),
      );
      if (made !== undefined) console.log(args.json === true ? JSON.stringify(made) : made.id);
    });
}

function databasesCommand(): Command {
  const command = new Command('databases')
    .description('store dumps of databases that pg_dump wrote')
    .argument('<database...>')
    .requiredOption('--dumps <dir>', 'folder with <database>.dump of each');
  return addJsonOption(command)
    .addHelpText(
      'after',
      `
Example:
  pg_dump --format=custom --file=dumps/grafana.dump grafana && plumbline backup databases grafana --dumps dumps
${whereBackupsAre}
${exitCodes}`,
    )
    .action(async (databases: string[], args: VaultArguments & { readonly dumps: string }) => {
      const { backUpDatabases } = await import('@plumbline/backup');
      const options = { folder: args.dumps, databases };
      const made = await withVault(args, 'backup databases', (vault, given) =>
        backUpDatabases(vault, { ...options, ...given }),
      );
      if (made !== undefined) console.log(args.json === true ? JSON.stringify(made) : made.id);
    });
}

function listCommand(): Command {
  return addJsonOption(new Command('list'))
    .description('list backups, the newest first, and what is in them')
    .addHelpText('after', whereBackupsAre)
    .action(async (args: VaultArguments) => {
      const { BackupError, parts } = await import('@plumbline/backup');
      const { contentsOf } = await import('../backup/contents.js');
      await withVault({ json: true }, 'backup list', async (vault) => {
        for (const part of parts) {
          for (const { id, complete } of await vault.snapshots(part)) {
            const snapshot = complete
              ? await vault.find(part, id).catch((error: unknown) => {
                  if (!(error instanceof BackupError)) throw error;
                  return error;
                })
              : undefined;
            const state =
              snapshot === undefined
                ? 'incomplete'
                : snapshot instanceof Error
                  ? snapshot.message
                  : contentsOf(snapshot);
            console.log(
              args.json === true ? JSON.stringify({ part, id, complete, state }) : `${part}  ${id}  ${state}`,
            );
          }
        }
      });
    });
}

function verifyCommand(): Command {
  const command = new Command('verify')
    .description('read a backup as a restore would, and say whether it can be restored')
    .argument('[part...]', 'buckets, topics, databases (all that there are)')
    .option('--quick', 'only whether everything is there, with its size');
  return addJsonOption(addConcurrencyOption(addSnapshotOption(command)))
    .addHelpText(
      'after',
      `${whereBackupsAre}

What is missing or was changed is named with the object, records or database that it is of. It is stored anew by plumbline backup … --full.

Exit code: 0 when it can be restored, 1 when something is wrong with it, 2 on wrong usage, 130 when interrupted.`,
    )
    .action(async (given: string[], args: VerifyArguments) => {
      const { parts, verifySnapshot } = await import('@plumbline/backup');
      const unknown = given.find((name) => !parts.some((part) => part === name));
      if (unknown !== undefined) throw new UsageError(`there is no part ${unknown}; there are ${parts.join(', ')}`);
      if (args.snapshot !== undefined && given.length !== 1)
        throw new UsageError('--snapshot is for one part; name it');
      await withVault(args, 'backup verify', async (vault, { signal }) => {
        for (const part of parts.filter((each) => given.length === 0 || given.includes(each))) {
          if (given.length === 0 && (await vault.snapshots(part)).length === 0) continue;
          const snapshot = await vault.read(part, args.snapshot);
          const { concurrency, quick = false } = args;
          const found = await verifySnapshot(vault, snapshot, { concurrency, quick, signal });
          if (found.problems.length > 0) process.exitCode = 1;
          if (args.json === true) console.log(JSON.stringify({ part, id: snapshot.id, ...found }));
          else {
            for (const problem of found.problems) console.log(`[!!] ${problem}`);
            const verdict =
              found.problems.length === 0 ? 'can be restored' : `${found.problems.length} things are wrong`;
            console.log(`${part}  ${snapshot.id}  ${verdict}: ${found.contents} contents, ${size(found.bytes)}`);
          }
        }
      });
    });
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('give a number of hours.');
  return value;
}
