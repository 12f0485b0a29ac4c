import { environmentKeys, workers, type WorkerName } from '@plumbline/contracts';
import { Argument, Command } from 'commander';

const purposes: Readonly<Record<WorkerName, string>> = {
  preprocessing: 'assemble traces from spans and compute their features',
  'anomaly-detection': 'judge traces, store the anomalous ones, publish statistics',
  'root-cause': 'open incidents and rank the services that may have caused them',
  notification: 'tell Discord, Slack and PagerDuty of incidents',
  training: 'learn what is normal',
  console: 'serve the page of incidents',
};

/** One subcommand a worker, so that each has a `--help` with its settings. */
export function runCommand(): Command {
  const command = new Command('run').description('run one worker on Kafka and S3, as the image does');
  for (const name of workers) command.addCommand(workerCommand(name));
  return command;
}

function workerCommand(name: WorkerName): Command {
  return new Command(name)
    .description(purposes[name])
    .addArgument(new Argument('[settings]', 'print the settings and leave').choices(['settings']))
    .addHelpText(
      'after',
      `
Settings come from the environment: ${environmentKeys.kafkaBrokers}, ${environmentKeys.s3Endpoint} and their like, and the worker's own.
plumbline run ${name} settings  lists the worker's own, with defaults.
It answers at /healthz, /readyz, /metrics and /model on OPERATIONS_PORT [8081].`,
    )
    .action(async (settings: string | undefined) => {
      const { workerDefinitions } = await import('../workers/definitions.js');
      const { schema, definition } = workerDefinitions(process.env)[name];
      if (settings !== undefined) {
        const { formatSettings, settingsHelp } = await import('../workers/settings-help.js');
        console.log(formatSettings(settingsHelp(schema)));
        return;
      }
      const { runWorker } = await import('@plumbline/worker');
      process.exitCode = await runWorker(definition);
    });
}
