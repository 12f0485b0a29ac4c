import { Command, InvalidArgumentError } from 'commander';
import { port } from './standalone';

/** What is asked of the demo. */
export interface DemoOptions {
  readonly fault?: string;
  readonly service?: string;
  readonly seed?: number;
  readonly list?: boolean;
  readonly keepRunning?: boolean;
  readonly data?: string;
  readonly json?: boolean;
  readonly faultless?: number;
  readonly consolePort?: number;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('break one service of a sample shop and see whether the pipeline names it')
    .option('--fault <name>', 'what to break (drawn at random)')
    .option('--service <name>', 'which service to break (drawn at random)')
    .option('--seed <n>', 'seed of everything drawn at random', wholeNumber)
    .option('--list', 'list faults, the services each can hit and the culprit expected')
    .option('--keep-running', 'leave shop, pipeline and page running until Ctrl-C')
    .option('--data <dir>', 'keep traces, topics and objects in this folder')
    .option('--console-port <n>', 'port of the page (a free one)', port)
    .option('--json', 'print the outcome as one JSON line')
    .option('--faultless <minutes>', 'break nothing, and fail if an incident opens within so many minutes', Number)
    .addHelpText(
      'after',
      `
Nothing but Node.js is needed. Seven processes of the shop and the whole pipeline run on this machine; the
pipeline learns from the traffic before the fault and is not told when or what is broken.

Exit code: 0 when the service named first is the one that was broken, 1 when not, 2 on wrong usage.`,
    )
    .action(async (options: DemoOptions) => {
      const { listFaults, runDemo } = await import('../demo/run.js');
      process.exitCode = options.list === true ? listFaults() : await runDemo(options);
    });
}

/** @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('give a whole number.');
  return Number(text);
}
