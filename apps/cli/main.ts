import { CommanderError } from 'commander';
import { exitCodeOf } from './errors';
import { createProgram } from './program';

// Whoever reads the answer may have read enough of it, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    // Commander has said already what was wrong with the command line.
    if (!(error instanceof CommanderError)) {
      console.error(error instanceof Error ? `plumbline: ${error.message}` : error);
    }
    process.exitCode = exitCodeOf(error);
  });
