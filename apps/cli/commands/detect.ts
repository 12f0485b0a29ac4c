import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { UsageError } from '../errors';
import { Progress } from '../output/progress';
import { clusterChoice } from '../settings/deploy-options';

interface DetectArguments {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly name?: string;
  readonly base?: 'minimal' | 'addon';
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function detectCommand(): Command {
  return new Command('detect')
    .description('read a cluster, and write the environment that fits it')
    .option('--kubeconfig <file>', 'as for kubectl (KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'as for kubectl (the current context)')
    .option('--name <name>', 'name of the environment (that of the context)')
    .addOption(
      new Option('--base <environment>', 'what the environment begins with')
        .choices(['minimal', 'addon'])
        .default(undefined, 'addon where an operator runs a Prometheus, else minimal'),
    )
    .option('--output <file>', 'write it to a file, such as environments/staging.ts (print it)')
    .option('--force', 'write over a file that is there')
    .option('--json', 'print what was seen and the file as one JSON line')
    .addHelpText(
      'after',
      `
Reads nodes, storage classes, the version, which kinds there are, DNS, the address of the API server and the network add-on, through
the kubeconfig, and nothing else; Secrets are never read, and nothing is changed. What may not be read is said, with the right that
lacks, and has its default in the file. Warnings say what of the cluster would be in the way; plumbline doctor looks further.

The file is printed on standard output, or written by --output. To render it, add it to the list in environments/index.ts.

Exit code: 0 when it is written, also with warnings; 3 when not all could be read; 1 when the cluster does not answer, 2 on wrong usage,
130 when interrupted.`,
    )
    .action(async (args: DetectArguments) => {
      if (args.output !== undefined && !existsSync(join('environments', 'environment.ts'))) {
        throw new UsageError(
          '--output: the file imports constructs and environments; use it in a checkout of the repository',
        );
      }
      if (args.output !== undefined && existsSync(args.output) && args.force !== true) {
        throw new UsageError(`${args.output}: is there already; --force writes over it`);
      }
      const { withCluster } = await import('../deploy/session.js');
      process.exitCode = await withCluster(clusterChoice(args), (cluster, signal) =>
        import('../detect/run.js').then(({ detect }) => {
          const root = process.cwd();
          const { name = cluster.context, base, output, json = false } = args;
          const progress = new Progress();
          if (!json) progress.heading(`Plumbline detect  context ${cluster.context}`);
          return detect(cluster, {
            name,
            root,
            signal,
            path: (file) => resolve(output ?? join(root, 'environments', `${file}.ts`)),
            ...(base !== undefined && { base }),
            ...(args.context !== undefined && { namedContext: args.context }),
            ...(output !== undefined && { write: (source: string) => writeFileSync(output, source) }),
            json,
            progress,
            print: (text) => console.log(text),
          });
        }),
      );
    });
}
