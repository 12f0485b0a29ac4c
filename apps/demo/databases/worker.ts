import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import type { ServiceName } from '../topology';
import { schemas } from './schemas';
import { WireServer } from './wire-server';

/** What a database's thread is started with. */
export interface DatabaseJob {
  readonly service: ServiceName;
  /** An initialized data directory to start from, as a tar archive; without it the thread makes one and posts it. */
  readonly template?: SharedArrayBuffer;
  /** Where it listens, on every address. @default - a free port of loopback */
  readonly port?: number;
}

/** What a database's thread posts. */
export type FromDatabase =
  | { readonly type: 'template'; readonly template: SharedArrayBuffer }
  | { readonly type: 'database'; readonly service: ServiceName; readonly port: number };

/** Small segments and buffers: a shop's tables are a few pages, and every instance holds its files in memory. */
const settings = {
  initDbStartParams: ['--wal-segsize=1'],
  postgresqlconf: ['shared_buffers = 4MB', 'max_wal_size = 8MB', 'min_wal_size = 2MB'],
};

async function open(template: SharedArrayBuffer | undefined): Promise<PGlite> {
  if (template === undefined) return PGlite.create(settings);
  return PGlite.create({ ...settings, loadDataDir: new Blob([new Uint8Array(template)]) });
}

async function dump(db: PGlite): Promise<SharedArrayBuffer> {
  const archive = new Uint8Array(await (await db.dumpDataDir('none')).arrayBuffer());
  const shared = new SharedArrayBuffer(archive.length);
  new Uint8Array(shared).set(archive);
  return shared;
}

async function main({ service, template, port }: DatabaseJob): Promise<void> {
  const post = (message: FromDatabase): void => parentPort?.postMessage(message);
  const db = await open(template);
  if (template === undefined) post({ type: 'template', template: await dump(db) });
  await db.exec(schemas[service] ?? '');
  post({ type: 'database', service, port: await new WireServer(db).listen(port) });
}

void main(workerData as DatabaseJob);
