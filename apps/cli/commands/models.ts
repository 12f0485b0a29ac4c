import { Command, Option } from 'commander';
import type { ListedVersion, ModelRegistry } from '@plumbline/models';
import { UsageError } from '../errors';
import {
  addDecideOptions,
  addLookOptions,
  share,
  signature,
  type DecideArguments,
  type LookArguments,
} from '../models/options';
import { Progress } from '../output/progress';

interface ApproveArguments extends DecideArguments {
  readonly as: 'champion' | 'challenger';
  readonly share?: number;
  readonly despite?: string;
}

const where = `
The registry is MLflow where MLFLOW_TRACKING_URI names one (with MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or
MLFLOW_TRACKING_TOKEN), else in the bucket of models: of S3 where MODEL_BUCKET or S3_ENDPOINT is set, else of plumbline standalone.`;

export function modelsCommand(): Command {
  return new Command('models')
    .description('say which versions of the learned models serve')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(compareCommand())
    .addCommand(approveCommand())
    .addCommand(rollbackCommand())
    .addCommand(withdrawCommand())
    .addCommand(profileCommand())
    .addHelpText('after', where);
}

function listCommand(): Command {
  return addLookOptions(new Command('list'))
    .description('list versions, the newest first, and who serves')
    .addHelpText('after', `\nExample:\n  plumbline models list\n${where}`)
    .action((args: LookArguments) =>
      withRegistry(args, async (registry) => {
        const { formatServed, formatVersions } = await import('../models/report.js');
        const versions = await registry.versions();
        const served = await registry.served();
        if (args.json === true) {
          print(JSON.stringify({ place: registry.place, served, versions }));
        } else {
          warn(served.problems);
          print(`${formatVersions(versions)}\n\n${formatServed(served)}`);
        }
      }),
    );
}

function showCommand(): Command {
  return addLookOptions(new Command('show'))
    .description('print what is known of a version')
    .argument('<version>')
    .addHelpText('after', `\nExample:\n  plumbline models show 000003-4bf92f3577b3\n${where}`)
    .action((name: string, args: LookArguments) =>
      withRegistry(args, async (registry) => {
        const { formatVersion } = await import('../models/report.js');
        const logged = await registry.loggedMetrics(name);
        const version = found(await registry.versions(), name);
        print(args.json === true ? JSON.stringify({ ...version, logged }) : formatVersion(version, logged));
      }),
    );
}

function compareCommand(): Command {
  return addLookOptions(new Command('compare'))
    .description('print champion and challenger side by side, as evaluated and as serving')
    .addHelpText('after', `\nExit code: 0, 3 where not both serve, 2 on wrong usage, 1 otherwise.\n${where}`)
    .action((args: LookArguments) =>
      withRegistry(args, async (registry) => {
        const { formatBeside, formatLogged } = await import('../models/report.js');
        const served = await registry.served();
        const versions = await registry.versions();
        const columns = await Promise.all(
          (['champion', 'challenger'] as const).flatMap((title) => {
            const name = served[title]?.version;
            if (name === undefined) return [];
            return [registry.loggedMetrics(name).then((logged) => ({ title, version: found(versions, name), logged }))];
          }),
        );
        if (columns.length < 2) process.exitCode = 3;
        if (args.json === true) {
          print(JSON.stringify({ versions: columns, problems: served.problems }));
          return;
        }
        warn(served.problems);
        if (columns.length < 2)
          new Progress().note('There are no two versions that serve; approve one --as challenger.');
        if (columns.length > 0) print(`${formatBeside(columns)}\n\n${formatLogged(columns)}`);
      }),
    );
}

function approveCommand(): Command {
  return addDecideOptions(new Command('approve'))
    .description('have a version serve')
    .argument('<version>')
    .addOption(new Option('--as <role>', 'what it serves as').choices(['champion', 'challenger']).default('champion'))
    .option('--share <share>', 'of traces that a challenger judges, between 0 and 1', share)
    .option('--despite <reason>', 'approve it although it is worse; the reason is kept')
    .addHelpText(
      'after',
      `
Refused is what is worse than the champion: recall at the alarm budget more than 0.01 lower, a quarter and at least two more incidents
in the backtest, another alarm budget, scores that decide nothing where the champion's do; and what was rolled back.

Examples:
  plumbline models approve 000003-4bf92f3577b3
  plumbline models approve 000004-00f067aa0ba9 --as challenger --share 0.1
  plumbline models approve 000004-00f067aa0ba9 --despite 'the champion learnt from a week of faults'

Exit code: 0 when it is approved, 1 when it is refused, 2 on wrong usage.
${where}`,
    )
    .action((name: string, args: ApproveArguments) =>
      withRegistry(args, async (registry) => {
        const { WorseVersionError } = await import('@plumbline/models');
        const { formatBeside, formatServed } = await import('../models/report.js');
        const { as, despite } = args;
        if ((as === 'challenger') !== (args.share !== undefined)) {
          throw new UsageError(as === 'challenger' ? 'a challenger needs a --share' : '--share is for --as challenger');
        }
        const signed = await signature(args, process.env, Date.now());
        const objections = await registry.objections(name);
        const versions = await registry.versions();
        const { champion } = await registry.served();
        const columns = [
          { title: '', version: found(versions, name) },
          ...(champion === undefined || champion.version === name
            ? []
            : [{ title: 'champion', version: found(versions, champion.version) }]),
        ];
        if (args.json !== true) print(`${formatBeside(columns)}\n`);
        try {
          await registry.approve(name, {
            as,
            ...signed,
            ...(args.share !== undefined && { share: args.share }),
            ...(despite !== undefined && { despite }),
          });
        } catch (error) {
          if (!(error instanceof WorseVersionError)) throw error;
          throw new Error(`${error.message}. To approve it all the same, give the reason by --despite`, {
            cause: error,
          });
        }
        const served = await registry.served();
        if (args.json === true) print(JSON.stringify({ version: name, as, objections, served }));
        else print(formatServed(served));
      }),
    );
}

function rollbackCommand(): Command {
  return addDecideOptions(new Command('rollback'))
    .description('have the champion before serve again')
    .option('--from <version>', 'the champion that is to go; refused where it is another')
    .addHelpText(
      'after',
      `
It stays so until somebody approves another version. Rolled back once more, it is the one before that; in the end the profile alone.

Example:
  plumbline models rollback --from 000004-00f067aa0ba9
${where}`,
    )
    .action((args: DecideArguments & { readonly from?: string }) =>
      withRegistry(args, async (registry) => {
        const { formatServed } = await import('../models/report.js');
        const signed = await signature(args, process.env, Date.now());
        const done = await registry.rollBack({ ...signed, ...(args.from !== undefined && { from: args.from }) });
        const served = await registry.served();
        if (args.json === true) print(JSON.stringify({ ...done, served }));
        else print(`Rolled back ${done.from}.\n${formatServed(served)}`);
      }),
    );
}

function withdrawCommand(): Command {
  return addDecideOptions(new Command('withdraw'))
    .description('end the challenge of a version')
    .argument('<version>')
    .addHelpText('after', where)
    .action((name: string, args: DecideArguments) =>
      withRegistry(args, async (registry) => {
        const { formatServed } = await import('../models/report.js');
        await registry.withdraw(name, await signature(args, process.env, Date.now()));
        const served = await registry.served();
        print(args.json === true ? JSON.stringify({ withdrawn: name, served }) : formatServed(served));
      }),
    );
}

function profileCommand(): Command {
  const rollback = addDecideOptions(new Command('rollback'))
    .description('judge by an older profile again; the learner then leaves it in place')
    .argument('<version>')
    .addHelpText('after', '\nExample:\n  plumbline models profile rollback 000012-4bf92f3577b3')
    .action(async (version: string, args: DecideArguments) => {
      const { BundleRegistry } = await import('@plumbline/training');
      const { BundleError } = await import('@plumbline/wire');
      const { openModels } = await import('../models/place.js');
      const { effectiveFromMs } = await signature(args, process.env, Date.now());
      const models = await openModels(process.env, args.data);
      try {
        const entry = await new BundleRegistry(models).rollBack(version, effectiveFromMs);
        const from = new Date(effectiveFromMs).toISOString();
        print(args.json === true ? JSON.stringify(entry) : `Traces from ${from} on are judged by profile ${version}.`);
      } catch (error) {
        if (error instanceof BundleError) throw new UsageError(error.message, { cause: error });
        throw error;
      } finally {
        await models.close();
      }
    });
  return new Command('profile').description('the profile, which is learnt and approved by itself').addCommand(rollback);
}

async function withRegistry({ data }: LookArguments, use: (registry: ModelRegistry) => Promise<void>): Promise<void> {
  const { openRegistry } = await import('@plumbline/models');
  const { openModels } = await import('../models/place.js');
  // A folder that is named means the registry in it, whatever the environment says.
  const environment = data === undefined ? process.env : { ...process.env, MLFLOW_TRACKING_URI: undefined };
  await use(await openRegistry(environment, () => openModels(environment, data)));
}

function found(versions: readonly ListedVersion[], name: string): ListedVersion {
  const version = versions.find((listed) => listed.version === name);
  if (version === undefined) throw new UsageError(`there is no version ${name}`);
  return version;
}

function warn(problems: readonly string[]): void {
  const progress = new Progress();
  for (const problem of problems) progress.note(problem);
}

function print(text: string): void {
  console.log(text);
}
