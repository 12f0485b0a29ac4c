import { resolve } from 'node:path';
import { Command } from 'commander';
import type { DoctorCheck } from '../doctor/check';
import { UsageError } from '../errors';
import { Progress } from '../output/progress';
import { chosenByName, names } from '../settings/choose';
import { clusterChoice } from '../settings/deploy-options';

interface DoctorArguments {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly list?: boolean;
  readonly json?: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look for what keeps an environment from working, and say what mends it')
    .argument('[environment]', 'as for up')
    .option('--kubeconfig <file>', 'as for kubectl (KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'as for kubectl (the current context)')
    .option('--only <names>', 'only these checks, separated by commas', names)
    .option('--skip <names>', 'without these checks, separated by commas', names)
    .option('--list', 'list the checks, and how it shows when they do not hold')
    .option('--json', 'print the outcome as one JSON line')
    .addHelpText(
      'after',
      `
Looks at this machine, and at the cluster where there is a kubeconfig; before up for what would be in its way, after it for what
is, and of what runs how it is by its own word. Nothing is changed. Each finding says what is wrong, where, and a command that mends it or shows more.

Exit code: 0 when there is no error (warnings do not count), 1 when there is one, 3 when there is none but not all could be told,
2 on wrong usage.`,
    )
    .action(async (environment: string | undefined, { only, skip, list, json, ...args }: DoctorArguments) => {
      const { registry } = await import('../doctor/registry.js');
      if (list === true) {
        for (const { name, claim, symptom } of registry) console.log(`${name}\n  ${claim}\n  otherwise: ${symptom}\n`);
        return;
      }
      const chosen = chosenByName(registry, only, skip);
      process.exitCode = await run(chosen, environment, args, json === true);
    });
}

async function run(
  chosen: readonly DoctorCheck[],
  environment: string | undefined,
  args: DoctorArguments,
  asJson: boolean,
): Promise<number> {
  const { folderOf, readFolder } = await import('../deploy/folder.js');
  const { interruptible } = await import('../deploy/session.js');
  const { doctorContext } = await import('../doctor/context.js');
  const { thisMachine } = await import('../doctor/laptop.js');
  const { examine, exitCodeOfDoctor, formatDoctorReport, formatDoctorSummary } = await import('../doctor/run.js');
  const { openCluster } = await import('../verify/cluster/kubeconfig.js');
  const { rendered } = readFolder(folderOf(environment));
  const cluster = await openCluster(clusterChoice(args));
  const checks = chosen.filter(({ needsCluster }) => !needsCluster || cluster !== undefined);
  if (checks.length === 0)
    throw new UsageError('what is left needs a cluster, and there is no kubeconfig; use --kubeconfig');
  const context = doctorContext({
    rendered,
    laptop: thisMachine,
    ...(cluster && { cluster }),
    ...(args.context !== undefined && { namedContext: args.context }),
  });
  const about = `${cluster === undefined ? 'no cluster' : `context ${cluster.context}`}, ${resolve(rendered.directory)}`;
  const progress = new Progress();
  if (!asJson) progress.heading(`Plumbline doctor  ${about}`);
  try {
    return await interruptible(async (signal) => {
      const reports = await examine(checks, context, signal, {
        onStart: ({ claim }) => progress.busy(claim),
        onEnd: (report) => {
          progress.clear();
          if (!asJson) console.log(formatDoctorReport(report));
        },
      });
      const exitCode = exitCodeOfDoctor(reports);
      if (asJson) console.log(JSON.stringify({ about, checks: reports, exitCode }));
      else {
        console.log(`\n${formatDoctorSummary(reports)}`);
        if (cluster === undefined) console.log('There is no kubeconfig, so only this machine was looked at.');
      }
      return exitCode;
    });
  } finally {
    await cluster?.close();
  }
}
