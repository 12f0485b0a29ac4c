import { topics } from '@plumbline/contracts';
import {
  decodeAnalysisProgress,
  encodeAnalysisProgress,
  headers,
  maxNamedIncidents,
  progressStepMs,
  schemas,
  type Incident,
} from '@plumbline/wire';
import type { OutgoingRecord, StreamRecord } from '@plumbline/worker';

/** Tells how far each tenant was looked at, for the learner, which learns nothing that nobody has looked at. */
export class Progress {
  private readonly toldThroughMs = new Map<string, number>();
  /** Revision by id, the newest published last. */
  private readonly incidents = new Map<string, Map<string, number>>();
  private readonly judged = new Set<string>();
  /** How far had been looked before a restart. */
  private readonly decidedThroughMs = new Map<string, number>();

  /** Reads what was told before a restart, which is not taken back; after all incidents were noted. @throws {z.ZodError | SyntaxError} for anything else */
  restore({ value }: StreamRecord): void {
    if (value === null) return;
    const { tenant, throughMs, incidents } = decodeAnalysisProgress(value);
    this.toldThroughMs.set(tenant, Math.max(throughMs, this.toldThroughMs.get(tenant) ?? -Infinity));
    // Both topics are written at once: of an incident that did not get there nobody knows yet, and it has to be found again.
    const known = this.incidents.get(tenant);
    if (!incidents.every(({ id, revision }) => (known?.get(id) ?? 0) >= revision)) return;
    this.decidedThroughMs.set(tenant, Math.max(throughMs, this.decidedThroughMs.get(tenant) ?? -Infinity));
  }

  /** What was to be opened for windows that ended by then was opened before a restart; −∞ where that is not known. Milliseconds since the epoch. */
  decidedThrough(tenant: string): number {
    return this.decidedThroughMs.get(tenant) ?? -Infinity;
  }

  /** An incident was published, now or before a restart. */
  note({ tenant, id, revision }: Incident): void {
    let known = this.incidents.get(tenant);
    if (known === undefined) this.incidents.set(tenant, (known = new Map<string, number>()));
    known.delete(id);
    known.set(id, revision);
    const oldest = known.keys().next();
    if (known.size > maxNamedIncidents && oldest.done !== true) known.delete(oldest.value);
  }

  /** An incident was taken off its topic. */
  forget(id: string): void {
    for (const known of this.incidents.values()) known.delete(id);
  }

  /** A window was compared with a profile: until one was, looking sees nothing, and is not told of. */
  judge(tenant: string): void {
    this.judged.add(tenant);
  }

  /** @param throughMs every window that ended by then was looked at */
  advance(tenant: string, throughMs: number): OutgoingRecord[] {
    const steppedMs = Math.floor(throughMs / progressStepMs) * progressStepMs;
    if (!this.judged.has(tenant) || !(steppedMs > (this.toldThroughMs.get(tenant) ?? -Infinity))) return [];
    this.toldThroughMs.set(tenant, steppedMs);
    const incidents = [...(this.incidents.get(tenant) ?? [])].map(([id, revision]) => ({ id, revision }));
    return [
      {
        topic: topics.analysisProgress.name,
        key: tenant,
        value: encodeAnalysisProgress({ tenant, throughMs: steppedMs, incidents }),
        headers: { [headers.schema]: schemas.analysisProgress },
      },
    ];
  }
}
