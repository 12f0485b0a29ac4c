import { Command } from 'commander';
import { version } from '../../package.json';
import { backtestCommand } from './commands/backtest';
import { backupCommand } from './commands/backup';
import { checkCommand } from './commands/check';
import { demoCommand } from './commands/demo';
import { detectCommand } from './commands/detect';
import { doctorCommand } from './commands/doctor';
import { downCommand } from './commands/down';
import { explainCommand } from './commands/explain';
import { feedbackCommand } from './commands/feedback';
import { growCommand } from './commands/grow';
import { jobCommand } from './commands/job';
import { modelsCommand } from './commands/models';
import { pathsCommand } from './commands/paths';
import { rankCommand } from './commands/rank';
import { replayCommand } from './commands/replay';
import { restoreCommand } from './commands/restore';
import { runCommand } from './commands/run';
import { scenarioCommand } from './commands/scenario';
import { scoreCommand } from './commands/score';
import { shopCommand } from './commands/shop';
import { sizeCommand } from './commands/size';
import { standaloneCommand } from './commands/standalone';
import { testLoadCommand } from './commands/test-load';
import { trainCommand } from './commands/train';
import { deployExamplesCommand, upCommand } from './commands/up';
import { verifyCommand } from './commands/verify';

/**
 * The `plumbline` command. Each subcommand loads what it needs when it is called. Wrong usage is printed and thrown as a
 * `CommanderError`; `exitCodeOf` tells the exit code of whatever is thrown.
 */
export function createProgram(): Command {
  const program = new Command('plumbline')
    .description('find the service that broke, from its traces')
    .version(version)
    .addCommand(demoCommand())
    .addCommand(standaloneCommand())
    .addCommand(replayCommand())
    .addCommand(backtestCommand())
    .addCommand(checkCommand())
    .addCommand(rankCommand())
    .addCommand(scoreCommand())
    .addCommand(explainCommand())
    .addCommand(trainCommand())
    .addCommand(modelsCommand())
    .addCommand(feedbackCommand())
    .addCommand(sizeCommand())
    .addCommand(detectCommand())
    .addCommand(upCommand())
    .addCommand(downCommand())
    .addCommand(deployExamplesCommand())
    .addCommand(growCommand())
    .addCommand(testLoadCommand())
    .addCommand(doctorCommand())
    .addCommand(verifyCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(scenarioCommand())
    .addCommand(runCommand())
    .addCommand(jobCommand())
    .addCommand(pathsCommand())
    .addCommand(shopCommand());
  throwWrongUsage(program);
  return program;
}

/** Commander hands such settings down only to subcommands that it makes itself. */
function throwWrongUsage(command: Command): void {
  command.exitOverride().showHelpAfterError('(see --help)');
  for (const subcommand of command.commands) throwWrongUsage(subcommand);
}
