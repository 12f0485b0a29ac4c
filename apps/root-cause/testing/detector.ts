import { createHash } from 'node:crypto';
import {
  emptyTable,
  entryKey,
  featureSchema,
  mergeTable,
  serviceKey,
  type Bundle,
  type StatsTable,
  type Verdict,
  type Source,
  type WindowStats,
} from '@plumbline/wire';
import { traceBatchFrom, type PlainSpan, type PlainTrace } from '@plumbline/wire/testing';
import { indexBatch } from '../../anomaly-detection/batch-index';
import { judge, type Activation } from '../../anomaly-detection/judge';
import { ProfileScorer } from '../../anomaly-detection/profile-scorer';
import { verdict } from '../../anomaly-detection/publish';
import { windowDeltas } from '../../anomaly-detection/stats';
import { calibrate } from '../../training/calibrate';
import { learnerConfig } from '../../training/config';
import { Learner } from '../../training/learner';
import type { ReferenceProfile } from '../reference';
import type { SimulatedSpan, SimulatedTrace } from './shop';

/** Key of a service of the simulated shop. */
export function key(service: string): string {
  return serviceKey({ tenant: 'default', environment: 'test', namespace: '', service });
}

/** Key of the entry row of one of the gateway's operations. */
export function gatewayEntry(operation: string): string {
  return entryKey(key('gateway'), operation);
}

/** A trace as preprocessing would give it. */
export function plainTrace({ index, spans, startMs }: SimulatedTrace): PlainTrace {
  const traceId = createHash('sha256').update(String(index)).digest('hex').slice(0, 32);
  return { traceId, eventTimeMs: startMs, spans: spans.map(plainSpan) };
}

function plainSpan(span: SimulatedSpan): PlainSpan {
  const { id, parent, service, operation, kind, peer, startMs, endMs, error, resource, weight } = span;
  return {
    id: String(id),
    ...(parent === undefined ? {} : { parent: String(parent) }),
    service: key(service),
    operation,
    kind: kind === 2 ? 'server' : 'client',
    ...(peer === '' ? {} : { peer }),
    startMs,
    durationMs: endMs - startMs,
    error,
    ...(resource === undefined ? {} : { resource }),
    ...(weight === undefined ? {} : { weight }),
  };
}

/** What detection says of the traces of one record, by the window of their start. */
export function observe(
  traces: readonly SimulatedTrace[],
  activation: Activation | undefined,
  source: Source,
  windowMs: number,
): { readonly windows: WindowStats['windows']; readonly verdicts: readonly Verdict[] } {
  if (traces.length === 0) return { windows: [], verdicts: [] };
  const batch = traceBatchFrom(traces.map(plainTrace));
  const index = indexBatch(batch);
  const toJudge = traces.map((_, trace) => ({ trace, activation }));
  const judged = judge(batch, index, toJudge, undefined);
  const about = { tenant: 'default', source, maxFindings: 16, object: undefined };
  return {
    windows: [...(windowDeltas(batch, index, judged, windowMs).get('default') ?? [])],
    verdicts: judged.filter(({ anomalous }) => anomalous).map((judgement) => verdict(batch, judgement, about)),
  };
}

/**
 * Settings under which minutes are enough to learn from: a first profile after half a minute, so that what was usual of
 * whole services and traces is known of all traces after that, and short blocks.
 */
const learning = learnerConfig({
  LEARN_MIN_WINDOWS: '6',
  LEARN_MIN_TRACES: '100',
  LEARN_INTERVAL_SECONDS: '60',
  LEARN_HOLDBACK_SECONDS: '0',
  LEARN_ACTIVATION_SECONDS: '0',
  LEARN_BLOCK_SECONDS: '10',
});

/** What was learnt from traces, window by window, each judged by what was learnt before it. */
export function learn(traces: readonly SimulatedTrace[], windowMs = 5000): ReferenceProfile {
  const learner = new Learner(learning, 1);
  const windows = new Map<number, SimulatedTrace[]>();
  for (const trace of traces) {
    const startMs = Math.floor(trace.startMs / windowMs) * windowMs;
    const window = windows.get(startMs);
    if (window === undefined) windows.set(startMs, [trace]);
    else window.push(trace);
  }
  let newest: Activation | undefined;
  for (const [i, [startMs, window]] of [...windows].sort(([a], [b]) => a - b).entries()) {
    const source = { partition: 0, offset: i };
    const { windows: deltas } = observe(window, newest, source, windowMs);
    const watermarkMs = startMs + windowMs;
    const range = { partition: 0, firstOffset: i, lastOffset: i };
    const bundles = learner.add({ tenant: 'default', source: range, watermarkMs, verdicts: 0, windows: deltas });
    bundles.push(...learner.observeProgress({ tenant: 'default', throughMs: watermarkMs, incidents: [] }));
    const bundle = bundles.at(-1);
    if (bundle !== undefined) newest = { bundle, effectiveFromMs: 0, scorer: new ProfileScorer(bundle) };
  }
  if (newest === undefined) throw new RangeError(`too little to learn from: ${traces.length} traces`);
  const { version, profile, spread, thresholds } = newest.bundle;
  return { version, alpha: thresholds.alpha, minSupport: thresholds.minSupport, profile, spread };
}

const activations = new WeakMap<ReferenceProfile, Activation>();

/** What judges by a profile. */
export function activationOf(reference: ReferenceProfile): Activation {
  let activation = activations.get(reference);
  if (activation === undefined) {
    const { version, alpha, minSupport, profile, spread } = reference;
    const bundle: Bundle = {
      version,
      featureSchema,
      effectiveFromMs: 0,
      learnt: { fromMs: 0, throughMs: 0, windows: 0, traces: 0 },
      thresholds: calibrate(profile, { ...learning, alpha, minSupport }),
      profile,
      spread,
    };
    activations.set(reference, (activation = { bundle, effectiveFromMs: 0, scorer: new ProfileScorer(bundle) }));
  }
  return activation;
}

/** All that detection counts of traces, as one table. */
export function tableOf(traces: readonly SimulatedTrace[], activation?: Activation): StatsTable {
  const table = emptyTable();
  for (const { stats } of observe(traces, activation, { partition: 0, offset: 0 }, 10_000).windows) {
    mergeTable(table, stats);
  }
  return table;
}

/** A profile of a table as it is, with nothing known of how it varies. */
export function referenceOf(profile: StatsTable): ReferenceProfile {
  return { version: 'told', alpha: 0.01, minSupport: 20, profile, spread: new Map() };
}
