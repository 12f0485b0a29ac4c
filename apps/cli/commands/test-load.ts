import { Command, InvalidArgumentError, Option } from 'commander';
import { Progress } from '../output/progress';
import { clusterChoice, seconds } from '../settings/deploy-options';
import type { TargetChoice } from '../load/target';
import { url } from '../settings/session-options';

interface TestLoadArguments extends Omit<TargetChoice, 'yes'> {
  readonly environment?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly yes?: boolean;
  readonly rate: number;
  readonly seconds: number;
  readonly timeout: number;
  readonly fault?: boolean;
  readonly learn?: number;
  readonly json?: boolean;
}

export function testLoadCommand(): Command {
  return new Command('test-load')
    .description('send traces at a steady rate; tell what was taken, refused and lost, and how long they take')
    .option('--rate <spans>', 'spans a second', rate, 500)
    .option('--seconds <n>', 'how long to send', seconds, 30)
    .option('--fault', 'make a service slow when the traffic is learnt, and wait for the incident')
    .option('--learn <seconds>', 'with --fault: how long to send before (until learnt; 600 on a cluster)', seconds)
    .option('--timeout <seconds>', 'how long a trace, or an incident, may take', seconds, 120)
    .addOption(new Option('--target <what>', 'send only to this').choices(['cluster', 'process']))
    .option('--endpoint <url>', 'send to this address, OTLP over HTTP, such as http://localhost:4318', url)
    .option('--tempo <url>', 'where the traces can be asked for, such as http://localhost:3200', url)
    .option('--console <url>', 'the page of incidents, such as http://localhost:8080', url)
    .option('--environment <name>', 'what was applied, as for up')
    .option('--kubeconfig <file>', 'as for kubectl (KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'as for kubectl (the current context)')
    .option('--yes', 'send to a cluster that is not on this machine')
    .option('--json', 'print the outcome as one JSON line')
    .addHelpText(
      'after',
      `
Without an address: to the cluster of the kubeconfig, if the ingestor of the environment is ready there, through forwarded ports;
else to what takes traces at port 4318 of this machine, as plumbline standalone does. Traces are those of a shop, its services in
the namespace plumbline-test-load. A target that says it is busy is asked again later, and never has more than 16 requests to
answer. Some 120 traces, evenly over the time, are looked for in Tempo until each is there as a whole; a pipeline in one process
keeps only anomalous traces, so there it is told when they were looked at.

Exit code: 0 when all was taken and found again, 1 when something was refused or lost, or no incident came, 2 on wrong usage or
where there is nothing to send to, 3 when it could not be told, 130 when interrupted.`,
    )
    .action(async ({ json, yes, ...args }: TestLoadArguments) => {
      const { folderOf, readFolder } = await import('../deploy/folder.js');
      const { interruptible } = await import('../deploy/session.js');
      const { thisMachine } = await import('../doctor/laptop.js');
      const { UsageError } = await import('../errors.js');
      const { testLoad } = await import('../load/run.js');
      const { exitCodeOfLoad, formatLoad } = await import('../load/report.js');
      const { findTarget } = await import('../load/target.js');
      const { openCluster } = await import('../verify/cluster/kubeconfig.js');
      const progress = new Progress();
      const wantsCluster = args.endpoint === undefined && args.target !== 'process';
      const cluster = wantsCluster ? await openCluster(clusterChoice(args)) : undefined;
      try {
        const rendered = () => {
          try {
            return readFolder(folderOf(args.environment)).rendered;
          } catch (error) {
            // Whoever has a process alone has rendered nothing.
            if (error instanceof UsageError && args.environment === undefined) return undefined;
            throw error;
          }
        };
        const environment = cluster === undefined ? undefined : rendered();
        process.exitCode = await interruptible(async (signal) => {
          const target = await findTarget(
            { ...args, yes: yes === true },
            {
              ...(cluster && { cluster }),
              ...(environment && { rendered: environment }),
              takesTraces: (port) => thisMachine.takesTraces(port),
              note: (text) => progress.note(text),
            },
          );
          if (json !== true) progress.heading(`Plumbline test-load  ${target.name}`);
          const result = await testLoad(target, {
            spansPerSecond: args.rate,
            seconds: args.seconds,
            patienceMs: args.timeout * 1000,
            fault: args.fault === true,
            signal,
            progress,
            ...(args.learn !== undefined && { learnSeconds: args.learn }),
          });
          console.log(json === true ? JSON.stringify(result) : formatLoad(result).join('\n'));
          return exitCodeOfLoad(result);
        });
      } finally {
        await cluster?.close();
      }
    });
}

function rate(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000) {
    throw new InvalidArgumentError('give whole spans a second, 1 to 1000000.');
  }
  return value;
}
