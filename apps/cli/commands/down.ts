import { resolve } from 'node:path';
import { Command } from 'commander';
import { Progress } from '../output/progress';
import { addDeployOptions, clusterChoice, type DeployArguments } from '../settings/deploy-options';

interface DownArguments extends DeployArguments {
  readonly deleteData?: boolean;
}

export function downCommand(): Command {
  const command = new Command('down')
    .description('remove from a cluster what up and deploy-examples applied')
    .argument('[environment]', 'as for up')
    .option('--delete-data', 'also claims with what is stored in them, generated Secrets, and namespaces');
  return addDeployOptions(command, 300)
    .addHelpText(
      'after',
      `
What is removed is what the files of the environment name, if it carries the label app.kubernetes.io/part-of: plumbline; what
does not is kept, and said. Claims, generated Secrets and namespaces are kept unless told otherwise, a namespace with something of
others in it always, definitions of custom resources too.

Exit code: 0 when it is gone, 1 when something was refused or is still there, 2 on wrong usage, 130 when interrupted.`,
    )
    .action(async (environment: string | undefined, args: DownArguments) => {
      const { folderOf, readFolder } = await import('../deploy/folder.js');
      const { confirmCluster } = await import('../deploy/local.js');
      const { withCluster } = await import('../deploy/session.js');
      const { down } = await import('../deploy/down.js');
      const folder = readFolder(folderOf(environment));
      process.exitCode = await withCluster(clusterChoice(args), async (cluster, signal) => {
        const progress = new Progress();
        progress.heading(`Plumbline down  context ${cluster.context}, ${resolve(folder.directory)}`);
        const what = args.deleteData === true ? 'remove it with its data' : 'remove it';
        await confirmCluster(cluster, what, args.yes === true);
        return down(cluster, folder, {
          deleteData: args.deleteData === true,
          timeoutMs: args.timeout * 1000,
          signal,
          progress,
          print: (line) => console.log(line),
        });
      });
    });
}
