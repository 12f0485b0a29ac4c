import type { WorkerName } from '@plumbline/contracts';
import { readFileSync } from 'node:fs';
import type { Environment } from '../../apps/end-to-end/plumbline';
import { WorkerProcess } from '../../apps/end-to-end/workers';
import { imageNodeFlags } from '../measured-process';
import { MemoryCage } from './memory-cage';

/** `plumbline run <worker>` under a memory limit. */
export class CagedWorker {
  /** Most memory that it was seen to take, bytes. */
  peakBytes = 0;

  private constructor(
    readonly process: WorkerProcess,
    readonly limitBytes: number,
    private readonly cage: MemoryCage,
  ) {}

  static async start(name: WorkerName, limitBytes: number, environment: Environment): Promise<CagedWorker> {
    const cage = MemoryCage.create(name, limitBytes);
    const process = await WorkerProcess.start(name, environment, (program, args) =>
      cage.command(program, [...imageNodeFlags(), ...args]),
    );
    return new CagedWorker(process, limitBytes, cage);
  }

  get name(): string {
    return this.process.name;
  }

  /** Notes the most memory that it ever took, as the kernel counts it. @throws {Error} when it has ended */
  async look(): Promise<void> {
    const { pid, outcome } = this.process;
    if (pid === undefined) throw new Error(`${this.name} ${await outcome}`);
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    this.peakBytes = Math.max(this.peakBytes, Number(kibibytes ?? 0) * 1024);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    this.cage.remove();
  }
}
