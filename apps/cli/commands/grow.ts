import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { isQuantity } from '../../../constructs/invariants/quantity';
import { Progress } from '../output/progress';
import { addDeployOptions, clusterChoice, type DeployArguments } from '../settings/deploy-options';

interface GrowArguments extends DeployArguments {
  readonly size?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function growCommand(): Command {
  const command = new Command('grow')
    .description('make the volumes of a StatefulSet as large as they are rendered')
    .argument('<claim>', 'such as data-prometheus, or prometheus; namespace/name where two are called so')
    .argument('[environment]', 'as for up')
    .option(
      '--size <quantity>',
      'the size that is meant, such as 100Gi; it is said what to change where another is rendered',
      quantity,
    )
    .option('--dry-run', 'ask the API server, and change nothing')
    .option('--json', 'print the outcome as one JSON line');
  return addDeployOptions(command, 300)
    .addHelpText(
      'after',
      `
The claims are patched first, then the StatefulSet is deleted without its pods and made again with the new size, as claim templates
cannot be changed; its pods run on, and become its own again. It is looked at what is done already, so the same command goes on where
it was interrupted. Volumes never shrink, and grow only if their StorageClass allows it. The page docs/how-to/grow-a-volume.md has more.

Exit code: 0 when the volumes are as large, 1 when it is refused or not so in time, 2 on wrong usage, 130 when interrupted.`,
    )
    .action(async (claim: string, environment: string | undefined, args: GrowArguments) => {
      const { folderOf, readFolder } = await import('../deploy/folder.js');
      const { confirmCluster } = await import('../deploy/local.js');
      const { withCluster } = await import('../deploy/session.js');
      const { grow } = await import('../grow/run.js');
      const { formatGrowth } = await import('../grow/report.js');
      const { targetOf } = await import('../grow/target.js');
      const { rendered } = readFolder(folderOf(environment));
      const target = targetOf(rendered, claim);
      process.exitCode = await withCluster(clusterChoice(args), async (cluster, signal) => {
        const progress = new Progress();
        if (args.json !== true)
          progress.heading(`Plumbline grow  context ${cluster.context}, ${resolve(rendered.directory)}`);
        if (args.dryRun !== true) await confirmCluster(cluster, `grow ${claim}`, args.yes === true);
        const result = await grow(cluster.api, rendered, target, {
          ...(args.size !== undefined && { size: args.size }),
          dryRun: args.dryRun === true,
          timeoutMs: args.timeout * 1000,
          signal,
          progress,
        });
        progress.clear();
        console.log(args.json === true ? JSON.stringify(result) : formatGrowth(result));
        return result.exitCode;
      });
    });
}

function quantity(text: string): string {
  if (!isQuantity(text) || text.startsWith('-')) throw new InvalidArgumentError('give a quantity, such as 100Gi.');
  return text;
}
