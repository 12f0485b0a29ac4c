import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';

/** A control group with a memory limit, as a container has: what is run in it sees the limit, and is killed beyond it. */
export class MemoryCage {
  private constructor(private readonly folder: string) {}

  /** @throws {Error} where control groups cannot be made, as without root */
  static create(name: string, bytes: number): MemoryCage {
    const v1 = join(root, 'memory');
    const [parent, limitFile] = existsSync(v1) ? [v1, 'memory.limit_in_bytes'] : [root, 'memory.max'];
    const folder = join(parent, `plumbline-${name}-${process.pid}`);
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, limitFile), String(bytes));
      return new MemoryCage(folder);
    } catch (cause) {
      throw new Error(`no memory limit can be set below ${parent}: this has to run as root, with control groups`, {
        cause,
      });
    }
  }

  /** A shell command that runs another in it. */
  command(program: string, args: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
    const enter = `echo $$ > "$0/cgroup.procs" && exec "$@"`;
    return { command: '/bin/bash', args: ['-c', enter, this.folder, program, ...args] };
  }

  /** When nothing runs in it any more. */
  remove(): void {
    rmdirSync(this.folder);
  }
}
