import { createRequire } from 'node:module';
import { extname, join } from 'node:path';

/**
 * What a service's process loads before its own modules. From source it is the package itself, which the compiler need not look
 * at; compiled it is one file, so that an image need not have its hundred packages.
 */
export const instrumentationModule =
  extname(__filename) === '.ts'
    ? createRequire(__filename).resolve('@opentelemetry/auto-instrumentations-node/register')
    : join(__dirname, 'instrumentation.js');
