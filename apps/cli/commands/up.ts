import { resolve } from 'node:path';
import { Command } from 'commander';
import { UsageError } from '../errors';
import { Progress } from '../output/progress';
import { addDeployOptions, clusterChoice, type DeployArguments } from '../settings/deploy-options';
import { examplesFile } from '../verify/rendered';

interface UpArguments extends DeployArguments {
  readonly forward: boolean;
  readonly forceConflicts?: boolean;
}

const codes =
  'Exit code: 0 when all is ready, 1 when something was refused or is not ready, 2 on wrong usage, 130 when interrupted before.';

export function upCommand(): Command {
  const command = new Command('up')
    .description('apply an environment to a cluster, wait until it is ready, and forward its ports')
    .argument('[environment]', 'as it is rendered to dist, or a folder (minimal where it is rendered, else thesis)')
    .option('--no-forward', 'end when all is ready')
    .option('--force-conflicts', 'take over fields that somebody else has set');
  return addDeployOptions(command, 600)
    .addHelpText(
      'after',
      `
Definitions and namespaces are applied first, then one file after another, by server-side apply as field manager
"plumbline". ${examplesFile} and all-in-one.yaml are left out. What hangs is told with its reason. Grafana, the page of incidents,
Prometheus, Tempo and the ingestor are then reached at the addresses that are printed, until Ctrl-C, which is no failure.

${codes}`,
    )
    .action(async (environment: string | undefined, args: UpArguments) => {
      const { folderOf, readFolder } = await import('../deploy/folder.js');
      const { confirmCluster } = await import('../deploy/local.js');
      const { withCluster } = await import('../deploy/session.js');
      const { up } = await import('../deploy/up.js');
      const folder = readFolder(folderOf(environment));
      process.exitCode = await withCluster(clusterChoice(args), async (cluster, signal) => {
        const progress = new Progress();
        progress.heading(`Plumbline up  context ${cluster.context}, ${resolve(folder.directory)}`);
        await confirmCluster(cluster, `apply ${folder.directory}`, args.yes === true);
        return up(cluster, folder, {
          timeoutMs: args.timeout * 1000,
          force: args.forceConflicts === true,
          forward: args.forward,
          signal,
          progress,
          print: (line) => console.log(line),
        });
      });
    });
}

export function deployExamplesCommand(): Command {
  const command = new Command('deploy-examples')
    .description('apply the sample application of an environment, and wait until it runs')
    .argument('[environment]', 'as for up');
  return addDeployOptions(command, 300)
    .option('--force-conflicts', 'take over fields that somebody else has set')
    .addHelpText(
      'after',
      `\nThe examples are the file ${examplesFile} of the environment; plumbline down removes them too.\n\n${codes}`,
    )
    .action(async (environment: string | undefined, args: Omit<UpArguments, 'forward'>) => {
      const { folderOf, readFolder } = await import('../deploy/folder.js');
      const { confirmCluster } = await import('../deploy/local.js');
      const { withCluster } = await import('../deploy/session.js');
      const { deployExamples } = await import('../deploy/up.js');
      const folder = readFolder(folderOf(environment));
      const { examples, directory } = folder;
      if (examples === undefined) {
        throw new UsageError(`${directory}: has no ${examplesFile}; the shop runs on this machine by: plumbline demo`);
      }
      process.exitCode = await withCluster(clusterChoice(args), async (cluster, signal) => {
        const progress = new Progress();
        progress.heading(`Plumbline deploy-examples  context ${cluster.context}, ${resolve(directory, examplesFile)}`);
        await confirmCluster(cluster, `apply the examples of ${directory}`, args.yes === true);
        return deployExamples(cluster, folder, examples, {
          timeoutMs: args.timeout * 1000,
          force: args.forceConflicts === true,
          forward: false,
          signal,
          progress,
          print: (line) => console.log(line),
        });
      });
    });
}
