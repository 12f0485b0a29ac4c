import { CommanderError } from 'commander';
import { exitCodeOf } from './errors';
import { createProgram } from './program';

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    // Commander has said already what was wrong with the command line.
    if (!(error instanceof CommanderError)) {
      console.error(error instanceof Error ? `plumbline: ${error.message}` : error);
    }
    process.exitCode = exitCodeOf(error);
  });
