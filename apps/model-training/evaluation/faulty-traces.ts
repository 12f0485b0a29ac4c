import {
  assembleTraces,
  faultOf,
  gatherTraces,
  perturb,
  targetsOf,
  writeRequest,
  type AssembledBatch,
  type RecordedTrace,
  type Size,
  type Target,
} from '@plumbline/standalone';
import { seededRandom } from '@plumbline/worker/random';

/** Traces into which faults were put, with what was done to them. */
export interface FaultyTraces {
  readonly batches: readonly AssembledBatch[];
  /** What was broken, by trace id: kind, service and size; equal for traces of the same fault. */
  readonly faults: ReadonlyMap<string, string>;
}

/** So many times what it took: from what hardly shows to what nobody can miss. */
const slowdowns: readonly Size[] = [{ times: 1.5 }, { times: 2 }, { times: 3 }, { times: 5 }, { times: 10 }];
/** Of what fails or is left out there is one size. */
const whole: readonly Size[] = [{ share: 1 }];

/**
 * Puts a fault into each trace: of the faults that its services and calls know, one by chance. Times are moved as a fault would move them, and
 * everything else is worked out anew by preprocessing, so that a faulty trace is like one that was sent.
 *
 * @param seed of the choice
 */
export async function faultyTraces(traces: readonly RecordedTrace[], seed: number): Promise<FaultyTraces> {
  const random = seededRandom(seed);
  const targets = targetsOf(traces);
  const faults = new Map<string, string>();
  const requests: { bytes: Uint8Array; path: string }[] = [];
  for (const trace of traces) {
    const broken = breakTrace(trace, targets, random);
    if (broken === undefined) continue;
    const path = Buffer.from(trace.id).toString('hex');
    faults.set(path, broken.fault);
    requests.push({ bytes: broken.request, path });
  }
  return { batches: await assembleTraces(await gatherTraces(requests)), faults };
}

/** Tries so many targets before it gives up: a small trace knows few of them. */
const tries = 20;

function breakTrace(trace: RecordedTrace, targets: readonly Target[], random: () => number) {
  for (let i = 0; i < tries; i += 1) {
    const target = targets[Math.floor(random() * targets.length)];
    if (target === undefined) return undefined;
    const sizes = target.kind === 'errors' || target.kind === 'left-out' ? whole : slowdowns;
    const size = sizes[Math.floor(random() * sizes.length)] ?? { times: 3 };
    const changed = perturb(trace.spans, faultOf(target, size), random);
    if (changed === undefined) continue;
    const { id, originNs, spans, bodies } = trace;
    const outgoing = spans.flatMap((span, index) => {
      const [body, timing] = [bodies[index], changed.timings[index]];
      if (body === undefined || timing === undefined) return [];
      return [
        {
          body,
          traceId: id,
          startNs: originNs + BigInt(Math.round(timing.startNs)),
          endNs: originNs + BigInt(Math.round(timing.endNs)),
          fails: changed.failed[index] === true && !span.failed,
        },
      ];
    });
    if (outgoing.length === 0) continue;
    return { request: writeRequest(outgoing), fault: faultName(target, size) };
  }
  return undefined;
}

function faultName({ kind, culprits, of = '' }: Target, size: Size): string {
  const much = 'times' in size ? `times ${size.times}` : 'whole';
  return [kind, culprits.join('+'), of, much].join(' ');
}
