import { InvalidArgumentError, type Command } from 'commander';

/** Options of the commands that change a cluster, as they come from the command line. */
export interface DeployArguments {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly yes?: boolean;
  readonly timeout: number;
}

/** Adds the options that say which cluster, and how long to wait. */
export function addDeployOptions(command: Command, timeoutSeconds: number): Command {
  return command
    .option('--kubeconfig <file>', 'as for kubectl (KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'as for kubectl (the current context)')
    .option('--yes', 'do not ask where the cluster is not on this machine')
    .option('--timeout <seconds>', 'how long to wait', seconds, timeoutSeconds);
}

/** The cluster that is meant, of what the command line says. */
export function clusterChoice({ kubeconfig, context }: Pick<DeployArguments, 'kubeconfig' | 'context'>) {
  return { ...(kubeconfig !== undefined && { kubeconfig }), ...(context !== undefined && { context }) };
}

/** Whole seconds. */
export function seconds(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) === 0) throw new InvalidArgumentError('give whole seconds, 1 to 99999.');
  return Number(text);
}
