import { Command } from 'commander';
import { version } from '../../package.json';
import { demoCommand } from './commands/demo';
import { jobCommand } from './commands/job';
import { replayCommand } from './commands/replay';
import { runCommand } from './commands/run';
import { standaloneCommand } from './commands/standalone';

/** The `plumbline` command. Each subcommand loads what it needs when it is called. */
export function createProgram(): Command {
  return new Command('plumbline')
    .description('find the service that broke, from its traces')
    .version(version)
    .showHelpAfterError('(see --help)')
    .addCommand(demoCommand())
    .addCommand(standaloneCommand())
    .addCommand(replayCommand())
    .addCommand(runCommand())
    .addCommand(jobCommand());
}
