import { traceHeader } from '@plumbline/contracts';
import type { StageOutput } from '../stage';
import type { StagePhase } from '../stage-observer';
import type { OutgoingRecord, RecordBatch } from '../stream';

/** Is told of the steps of a stage. A stage makes as many spans whatever is in its records. */
export interface StageTracer {
  /** A batch is begun. @returns `undefined` where nobody traces */
  batch(batch: RecordBatch): StageStep | undefined;
  /** A tick is begun; of one that has no output nothing is kept. */
  tick(): StageStep | undefined;
}

/** One batch or tick while it is worked on. Must not throw. */
export interface StageStep {
  /** What came of it. @returns the context that its records carry; `undefined` for none */
  made(output: StageOutput): string | undefined;
  /** A phase is over. @param startedAt of `performance.now()` */
  timed(phase: StagePhase, startedAt: number): void;
  /** @param error what it ended with. @default - all is well */
  end(error?: unknown): void;
}

/** Nobody traces. */
export const noTracer: StageTracer = { batch: () => undefined, tick: () => undefined };

/** Records with the context of the step that made them. */
export function traced(records: readonly OutgoingRecord[], context: string | undefined): readonly OutgoingRecord[] {
  if (context === undefined) return records;
  return records.map((record) => ({ ...record, headers: { ...record.headers, [traceHeader]: context } }));
}
