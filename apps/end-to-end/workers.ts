import type { WorkerName } from '@plumbline/contracts';
import { answers, dataDirectory, freePort, PeerProcess } from '@plumbline/tools/peers';
import { plumbline, type Environment } from './plumbline';

/** How a program is run with its arguments. */
export type Launch = (
  program: string,
  args: readonly string[],
) => { readonly command: string; readonly args: readonly string[] };

/** `plumbline run <worker>` as a process of its own, ready once it has partitions. It does not outlive the test. */
export class WorkerProcess {
  private constructor(
    readonly name: WorkerName,
    private readonly process: PeerProcess,
    /** Where it tells how it is. */
    readonly operationsUrl: string,
  ) {}

  /**
   * Starts a worker and waits until it is ready.
   *
   * @param launch makes the command from Node.js and its arguments
   * @throws {PeerFailedError} with the end of its log
   */
  static async start(
    name: WorkerName,
    environment: Environment,
    launch: Launch = (command, args) => ({ command, args }),
  ): Promise<WorkerProcess> {
    const operationsPort = await freePort();
    const operationsUrl = `http://127.0.0.1:${operationsPort}`;
    const process = await PeerProcess.start({
      name,
      ...launch(globalThis.process.execPath, [await plumbline(), 'run', name]),
      env: { OPERATIONS_PORT: String(operationsPort), CONSOLE_PORT: '0', ...environment },
      directory: await dataDirectory(name),
      ready: answers(`${operationsUrl}/readyz`, 200),
      startTimeoutMs: 120_000,
      // The grace period that the manifests give it.
      stopTimeoutMs: 60_000,
    });
    return new WorkerProcess(name, process, operationsUrl);
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    return this.process.kill();
  }

  /** Starts it again and waits until it is ready. */
  restart(): Promise<void> {
    return this.process.restart();
  }

  /** SIGTERM, within the grace period; how it ended, such as `exited with 0`. */
  async stop(): Promise<string> {
    await this.process.stop();
    return this.process.outcome;
  }

  /** Whether the process that was started is still there and answers. */
  async isAlive(): Promise<boolean> {
    if (this.process.pid === undefined) return false;
    const response = await fetch(`${this.operationsUrl}/healthz`, { signal: AbortSignal.timeout(5_000) });
    return response.ok;
  }

  /** Process id of the running process. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /** How it ended, such as `was ended by SIGKILL`; while it runs, waits for that. */
  get outcome(): Promise<string> {
    return this.process.outcome;
  }

  /** What it printed since it was last started. */
  log(): Promise<string> {
    return this.process.log();
  }

  /** Sum of a metric over its labels, or over those that contain a text such as `result="normal"`; 0 while there is none. */
  async metric(name: string, label = ''): Promise<number> {
    const samples = (await this.sampled(name)).filter((line) => line.includes(label));
    return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** Lines of a metric as it is exposed, one a series. */
  async sampled(name: string): Promise<readonly string[]> {
    const response = await fetch(`${this.operationsUrl}/metrics`, { signal: AbortSignal.timeout(5_000) });
    return (await response.text()).split('\n').filter((line) => /^[^{ ]*/.exec(line)?.[0] === name);
  }
}

/** Stops workers, the last first, so that none waits for one that is gone. */
export async function stopAll(workers: readonly WorkerProcess[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.stop()));
}
