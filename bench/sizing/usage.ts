import { readdirSync, readFileSync } from 'node:fs';

/** What a process has taken so far. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** `sysconf(_SC_CLK_TCK)`: a hundred on every Linux that Node.js runs on. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/**
 * What the children of this process have taken, by name.
 *
 * @param nameOf tells a process by its command line; `undefined` for one that does not count
 */
export function usageOfChildren(
  nameOf: (command: readonly string[]) => string | undefined,
): ReadonlyMap<string, Usage> {
  const usage = new Map<string, Usage>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const read = childOf(entry);
    const name = read && nameOf(read.command);
    if (read === undefined || name === undefined) continue;
    const { cpuSeconds = 0, rssBytes = 0 } = usage.get(name) ?? {};
    usage.set(name, { cpuSeconds: cpuSeconds + read.cpuSeconds, rssBytes: rssBytes + read.rssBytes });
  }
  return usage;
}

function childOf(pid: string): (Usage & { readonly command: readonly string[] }) | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in brackets, in which anything may be.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = (index: number) => Number(fields[index]);
    if (field(1) !== process.pid) return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return { command, cpuSeconds: (field(11) + field(12)) / ticksPerSecond, rssBytes: field(21) * pageBytes };
  } catch (error) {
    // It ended while it was looked at.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined;
    throw error;
  }
}
