/**
 * The shop's databases: one PostgreSQL a service, each on a thread and a port of its own, so that a slow query in one does
 * not hold up another. Initializing a data directory costs about a second of CPU; it is done once and copied.
 */
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { liveWithParent, tellParent } from '../messages';
import { topology } from '../topology';
import type { DatabaseJob, FromDatabase } from './worker';

const entry = join(__dirname, `worker${extname(__filename)}`);

function start(job: DatabaseJob, onTemplate: (template: SharedArrayBuffer) => void): void {
  const worker = new Worker(entry, { workerData: job });
  worker.on('message', (message: FromDatabase) => {
    if (message.type === 'template') onTemplate(message.template);
    else tellParent(message);
  });
  worker.on('error', (error) => {
    console.error(`the database of ${job.service} failed:`, error);
    process.exit(1);
  });
}

liveWithParent();
process.on('SIGTERM', () => process.exit(0));
const [first, ...others] = topology.filter(({ database }) => database).map(({ name }) => name);
if (first !== undefined) {
  start({ service: first }, (template) => {
    for (const service of others) start({ service, template }, () => undefined);
  });
}
