import { readFile } from 'node:fs/promises';
import { environmentKeys } from '@plumbline/contracts';
import type { DestinationStream, Logger } from 'pino';
import { z } from 'zod';
import { ConfigError, operationsSettings, parseEnvironment, type Environment } from '../config';
import { createLogger } from '../logging';
import { retryTransient, type RetryPolicy } from '../retry';

/** Five minutes and more: on an empty cluster the server a job waits for may still be pulling its image. */
const patience: RetryPolicy = { startingDelayMs: 500, maxDelayMs: 5_000, attempts: 120 };

/** A job: what its file looks like, and how it makes the world so. */
export interface JobDefinition<Content> {
  readonly name: string;
  readonly file: z.ZodType<Content>;
  /** Brings about what the file says; run again from the beginning when it fails with a transient error. */
  reconcile(content: Content, environment: Environment, logger: Logger): Promise<void>;
}

/** What a job is run with besides its environment. */
export interface JobOptions {
  /** @default - about five minutes */
  readonly retry?: RetryPolicy;
  /** Where log lines go. @default - standard output */
  readonly log?: DestinationStream;
}

const jobSettings = z.object({
  [environmentKeys.jobFile]: z.string(),
  [environmentKeys.logLevel]: operationsSettings.shape[environmentKeys.logLevel],
});

/**
 * Runs a job to its end.
 *
 * @returns the exit code: 0 when all is as the file says, 1 after an error, 2 when file or settings cannot be used
 */
export async function runJob<Content>(
  definition: JobDefinition<Content>,
  environment: Environment,
  options: JobOptions = {},
): Promise<number> {
  const logger = createLogger(`job-${definition.name}`, 'info', options.log);
  try {
    const settings = parseEnvironment(jobSettings, environment);
    logger.level = settings.LOG_LEVEL;
    const content = await readJobFile(settings.JOB_FILE, definition.file);
    await retryTransient(
      () => definition.reconcile(content, environment, logger),
      options.retry ?? patience,
      (error, attempt) => {
        logger.warn({ attempt }, `trying again: ${error instanceof Error ? error.message : String(error)}`);
        return true;
      },
    );
    logger.info('done');
    return 0;
  } catch (error) {
    logger.fatal({ err: error }, 'the job failed');
    return error instanceof ConfigError ? 2 : 1;
  }
}

async function readJobFile<Content>(path: string, schema: z.ZodType<Content>): Promise<Content> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([
      `JOB_FILE=${JSON.stringify(path)}: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map(({ path: at, message }) => `${path}: ${at.join('.')}: ${message}`));
}
