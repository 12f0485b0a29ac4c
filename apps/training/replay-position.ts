import type { WindowStats } from '@plumbline/wire';
import { windowsEndMs } from './tenant-windows';

/** Marks kept for a tenant before neighbours are joined. */
const maxMarks = 4096;

interface Mark {
  /** First record of the run. */
  readonly offset: number;
  /** End of the last window in the run, milliseconds since the epoch. */
  readonly endMs: number;
}

/** Where one partition of `window-stats` must be read from so that nothing is missing that the newest bundle does not have. */
export class ReplayPosition {
  private readonly tenants = new Map<string, Mark[]>();
  private next: number | undefined;

  add(offset: number, message: WindowStats): void {
    this.pass(offset);
    // A record without windows adds nothing that would have to be read again.
    if (message.windows.length === 0) return;
    const marks = this.tenants.get(message.tenant) ?? [];
    marks.push({ offset, endMs: windowsEndMs(message) });
    this.tenants.set(message.tenant, marks.length > maxMarks ? joinPairs(marks) : marks);
  }

  /** A record that needs not be read again. */
  pass(offset: number): void {
    this.next = offset + 1;
  }

  /** @param settledThroughMs up to when a tenant's windows are in the newest bundle, or left out of it */
  committable(settledThroughMs: (tenant: string) => number): number | undefined {
    let least = this.next;
    for (const [tenant, marks] of this.tenants) {
      const throughMs = settledThroughMs(tenant);
      const open = marks.findIndex(({ endMs }) => endMs > throughMs);
      marks.splice(0, open < 0 ? marks.length : open);
      const first = marks[0]?.offset ?? Infinity;
      if (least !== undefined && first < least) least = first;
    }
    return least;
  }
}

/** A run of two starts with the first and is settled with the later of both. */
function joinPairs(marks: readonly Mark[]): Mark[] {
  const joined: Mark[] = [];
  for (let i = 0; i < marks.length; i += 2) {
    const [a, b] = [marks[i], marks[i + 1]];
    if (a !== undefined) joined.push({ offset: a.offset, endMs: Math.max(a.endMs, b?.endMs ?? a.endMs) });
  }
  return joined;
}
