import { createProgram } from './program';

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? `plumbline: ${error.message}` : error);
    process.exitCode = 1;
  });
