import { answers, dataDirectory, freePort, PeerProcess } from '@plumbline/tools/peers';
import { readFileSync } from 'node:fs';
import { plumbline, type Environment } from '../../apps/end-to-end/plumbline';
import { imageNodeFlags } from '../measured-process';
import { MemoryCage } from './memory-cage';

/** `plumbline run <worker>` under a memory limit. */
export class CagedWorker {
  /** Most memory that it was seen to take, bytes. */
  peakBytes = 0;

  private constructor(
    readonly name: string,
    private readonly cage: MemoryCage,
    private readonly process: PeerProcess,
    private readonly url: string,
  ) {}

  static async start(name: string, limitBytes: number, environment: Environment): Promise<CagedWorker> {
    const cage = MemoryCage.create(name, limitBytes);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const process = await PeerProcess.start({
      name,
      ...cage.command(globalThis.process.execPath, [...imageNodeFlags(), await plumbline(), 'run', name]),
      env: { OPERATIONS_PORT: String(port), CONSOLE_PORT: '0', ...environment },
      directory: await dataDirectory(name),
      ready: answers(`${url}/readyz`, 200),
      startTimeoutMs: 120_000,
      stopTimeoutMs: 60_000,
    });
    return new CagedWorker(name, cage, process, url);
  }

  /** Whether it still runs. */
  get isAlive(): boolean {
    return this.process.pid !== undefined;
  }

  /** How it ended. */
  get outcome(): Promise<string> {
    return this.process.outcome;
  }

  log(): Promise<string> {
    return this.process.log();
  }

  /** Notes the most memory that it ever took, as the kernel counts it. */
  look(): void {
    const { pid } = this.process;
    if (pid === undefined) return;
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    this.peakBytes = Math.max(this.peakBytes, Number(kibibytes ?? 0) * 1024);
  }

  /** Sum of a metric over its labels, or over those that contain a text; 0 while there is none. */
  async metric(name: string, label = ''): Promise<number> {
    const response = await fetch(`${this.url}/metrics`, { signal: AbortSignal.timeout(10_000) });
    const lines = (await response.text()).split('\n');
    const samples = lines.filter((line) => /^[^{ ]*/.exec(line)?.[0] === name && line.includes(label));
    return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    this.cage.remove();
  }
}
