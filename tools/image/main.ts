import { CommanderError } from 'commander';
import { PlatformError } from '../../constructs/core/errors';
import { imageCommand } from './command';
import { ImageError } from './errors';

imageCommand()
  .parseAsync()
  .catch((error: unknown) => {
    const said = error instanceof CommanderError;
    const expected = error instanceof ImageError || error instanceof PlatformError;
    if (!said) console.error(expected ? `npm run image: ${error.message}` : error);
    process.exitCode = said ? (error.exitCode === 0 ? 0 : 2) : 1;
  });
