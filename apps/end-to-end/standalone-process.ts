import { answers, dataDirectory, freePorts, PeerProcess } from '@plumbline/tools/peers';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plumbline, type Environment } from './plumbline';

/** `plumbline standalone` as a process of its own. */
export interface StandaloneProcess {
  readonly process: PeerProcess;
  readonly dataDir: string;
  /** `http://127.0.0.1:<port>/v1/traces` */
  readonly otlpHttp: string;
  /** `127.0.0.1:<port>` */
  readonly otlpGrpc: string;
  /** `http://127.0.0.1:<port>` of the page. */
  readonly page: string;
}

export async function startStandaloneProcess(environment: Environment): Promise<StandaloneProcess> {
  const [grpc = 0, http = 0, page = 0] = await freePorts(3);
  const directory = await dataDirectory('standalone');
  const dataDir = join(directory, 'data');
  const otlpHttp = `http://127.0.0.1:${http}/v1/traces`;
  const process = await PeerProcess.start({
    name: 'standalone',
    command: globalThis.process.execPath,
    args: [
      ...[await plumbline(), 'standalone', '--data', dataDir],
      ...['--grpc-port', String(grpc), '--http-port', String(http), '--console-port', String(page)],
    ],
    env: environment,
    directory,
    ready: answers(otlpHttp, 405),
  });
  return { process, dataDir, otlpHttp, otlpGrpc: `127.0.0.1:${grpc}`, page: `http://127.0.0.1:${page}` };
}

/** Most memory that a running process ever had in use, bytes; Linux tells it. */
export async function peakResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Path of the object of a trace in the local bucket of anomalies, `undefined` while there is none. */
export async function localTraceObject(dataDir: string, traceId: string): Promise<string | undefined> {
  const bucket = join(dataDir, 'objects', 'anomaly-data');
  const files = await readdir(bucket, { recursive: true }).catch(() => []);
  const file = files.find((each) => each.endsWith(`trace_${traceId}.parquet`));
  return file === undefined ? undefined : join(bucket, file);
}
