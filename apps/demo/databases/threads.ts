import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { topology, type ServiceName } from '../topology';
import type { DatabaseJob, FromDatabase } from './worker';

const entry = join(__dirname, `worker${extname(__filename)}`);

/** Services that have a database. */
export const withDatabase: readonly ServiceName[] = topology.filter(({ database }) => database).map(({ name }) => name);

/** How databases are started. */
export interface DatabasesOptions {
  /** Where that of a service listens, on every address. @default - each on a free port of loopback */
  readonly portOf?: (service: ServiceName) => number;
  readonly onListening: (service: ServiceName, port: number) => void;
  readonly onFailure: (service: ServiceName, error: unknown) => void;
}

/**
 * Starts the shop's databases: one PostgreSQL a service, in memory, each on a thread and a port of its own, so that a slow
 * query in one does not hold up another. Initializing a data directory costs about a second of CPU; it is done once and copied.
 *
 * @returns ends them
 */
export function startDatabases(options: DatabasesOptions): () => Promise<void> {
  const { portOf, onListening, onFailure } = options;
  const workers: Worker[] = [];
  const start = (service: ServiceName, template?: SharedArrayBuffer): void => {
    const job: DatabaseJob = {
      service,
      ...(template && { template }),
      ...(portOf && { port: portOf(service) }),
    };
    const worker = new Worker(entry, { workerData: job });
    workers.push(worker);
    worker.on('message', (message: FromDatabase) => {
      if (message.type === 'database') onListening(service, message.port);
      else for (const other of others) start(other, message.template);
    });
    worker.on('error', (error) => onFailure(service, error));
  };
  const [first, ...others] = withDatabase;
  if (first !== undefined) start(first);
  return async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
}
