import type { Clock, ObjectStore } from '@plumbline/worker';
import { z } from 'zod';
import type { TrainingRequest, Triggered } from './trigger-training';

/** How several workers agree that one of them starts the training. */
export interface CoolDown {
  /** Where they agree: the bucket of models. */
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** How long after a start no other is made, milliseconds. */
  readonly coolDownMs: number;
  /** After how long a start that nobody confirmed is somebody else's to make, milliseconds. @default 600_000 */
  readonly claimMs?: number;
}

/** Key of the object in which the last start is written down. */
export const lastTriggerKey = 'training-runs/last-trigger.json';

const lastSchema = z.object({ dagRunId: z.string(), atMs: z.number(), started: z.boolean() });
type LastTrigger = z.infer<typeof lastSchema>;

/**
 * Starts the training unless it was started a while ago, by whichever worker.
 *
 * @param start `(request) => triggerTraining(connection, request)`
 * @returns what came of it, or `cooling down`
 * @throws whatever `start` does; then the next may try at once
 * @throws {ObjectStoreError}
 */
export async function triggerOnce(
  { store, clock, coolDownMs, claimMs = 600_000 }: CoolDown,
  request: TrainingRequest,
  start: (request: TrainingRequest) => Promise<Triggered>,
): Promise<Triggered | 'cooling down'> {
  const present = await store.head(lastTriggerKey);
  const last = present && read(await store.get(lastTriggerKey));
  const now = clock.now();
  if (last !== undefined && now < last.atMs + (last.started ? coolDownMs : claimMs)) return 'cooling down';
  const condition = present === undefined ? ({ ifAbsent: true } as const) : { ifMatch: present.etag };
  const claim: LastTrigger = { dagRunId: request.dagRunId, atMs: now, started: false };
  // Lost against another worker, which starts it.
  if (!(await store.put(lastTriggerKey, write(claim), { condition }))) return 'cooling down';
  const claimed = await store.head(lastTriggerKey);
  const settle = async (settled: LastTrigger): Promise<void> => {
    if (claimed !== undefined)
      await store.put(lastTriggerKey, write(settled), { condition: { ifMatch: claimed.etag } });
  };
  try {
    const triggered = await start(request);
    await settle({ ...claim, started: true });
    return triggered;
  } catch (error) {
    await settle({ ...claim, atMs: 0 });
    throw error;
  }
}

/** One that cannot be read is none, and written anew. */
function read(bytes: Uint8Array | undefined): LastTrigger | undefined {
  if (bytes === undefined) return undefined;
  try {
    return lastSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

function write(last: LastTrigger): Uint8Array {
  return Buffer.from(`${JSON.stringify(last)}\n`, 'utf8');
}
