import {
  evidenceOf,
  featuresOf,
  rankFeatures,
  timeSpan,
  type Candidate,
  type Fact,
  type ServiceFeatures,
} from '@plumbline/root-cause';
import { type Evidence, materialMs, serviceName, type StatsTable } from '@plumbline/wire';
import type { Settings } from '../preset';
import { RecordingError } from '../replay/recording';
import { assemble, type AssembledBatch } from './assemble';
import { fewTraceFeatures, mostFew, type TimeFeatures } from './few-traces';
import { learn, tableOf } from './normal';

/** Recordings of when all was well, and of when it was not: files or folders of files. */
export interface ToldRecordings {
  readonly normal: readonly string[];
  readonly abnormal: readonly string[];
}

/** A service that may be the cause of what is abnormal. */
export interface RankedService {
  /** `service.name`; of something that sends no spans what is known of it. */
  readonly service: string;
  /** Tenant, environment, namespace and name, where services of several share one name. */
  readonly key?: string;
  /** Share of belief among all services and `unknown`, 0 to 1. */
  readonly confidence: number;
  /** Most telling first. */
  readonly evidence: readonly Evidence[];
}

/** Everybody who has spans in either recording, and who has none but is called; best first. */
export interface ToldRanking {
  readonly ranking: readonly RankedService[];
  /** Belief that it is none of them. */
  readonly unknown: number;
  readonly normalTraces: number;
  readonly abnormalTraces: number;
}

/** Evidence that is told of one service. */
const mostEvidence = 8;

/**
 * Ranks services as causes of what differs between two recordings. One abnormal trace is enough.
 *
 * @throws {RecordingError} when a recording cannot be read, or no operation of the abnormal one is known from the normal one
 */
export async function rankRecordings(
  { normal, abnormal }: ToldRecordings,
  settings: Settings = {},
): Promise<ToldRanking> {
  const [reference = [], observed = []] = await assemble([normal, abnormal], settings);
  const activation = learn(reference, settings);
  const before = activation.bundle.profile;
  const now = tableOf(observed, activation);
  if (![...now.operations.keys()].some((key) => before.operations.has(key))) {
    throw new RecordingError(
      `nothing to compare with: no operation of ${abnormal.join(', ')} is in ${normal.join(', ')}`,
    );
  }
  const scope = { now, before, materialMs: materialMs(before), stopped: [] };
  const features = featuresOf(scope);
  const { candidates, unknown } = rankFeatures(
    traceCount(now) > mostFew ? features : withTimes(features, fewTraceFeatures(reference, observed, scope)),
  );
  const window = windowOf(observed);
  const ranked = new Set(candidates.map(({ service }) => service));
  const gone = servicesOf(before).filter((service) => !ranked.has(service));
  const names = namesOf([...ranked, ...gone]);
  return {
    ranking: [
      ...candidates.map((candidate) => ({ ...names(candidate.service), ...told(candidate, window) })),
      // Nothing was measured of who has no spans any more; a caller that misses them tells, and then they are ranked.
      ...gone.map((service) => ({ ...names(service), confidence: 0, evidence: [] })),
    ],
    unknown,
    normalTraces: traceCount(before),
    abnormalTraces: traceCount(now),
  };
}

/** The same with other evidence of time. */
function withTimes(
  features: ReadonlyMap<string, ServiceFeatures>,
  times: ReadonlyMap<string, TimeFeatures>,
): ReadonlyMap<string, ServiceFeatures> {
  const none: TimeFeatures = { vector: { self: 0, inbound: 0, outbound: 0, share: 0 }, facts: [] };
  return new Map(
    [...features].map(([service, { vector, facts }]) => {
      const few = times.get(service) ?? none;
      const others = facts.filter(({ kind }) => !ofTime.has(kind));
      return [service, { vector: { ...vector, ...few.vector }, facts: [...others, ...few.facts] }];
    }),
  );
}

const ofTime: ReadonlySet<Fact['kind']> = new Set(['self-time', 'gap', 'callee-time']);

function told({ confidence, facts }: Candidate, window: string): Pick<RankedService, 'confidence' | 'evidence'> {
  return { confidence, evidence: facts.slice(0, mostEvidence).map((fact) => evidenceOf(fact, window)) };
}

function servicesOf({ operations }: StatsTable): string[] {
  return [...new Set([...operations.values()].map(({ service }) => service))].sort();
}

function traceCount({ entries }: StatsTable): number {
  return [...entries.values()].reduce((sum, { traces }) => sum + traces, 0);
}

function windowOf(batches: readonly AssembledBatch[]): string {
  let [from, through] = [Infinity, -Infinity];
  for (const { batch } of batches) {
    for (const timeMs of batch.traces.eventTimeMs) {
      from = Math.min(from, timeMs);
      through = Math.max(through, timeMs);
    }
  }
  return timeSpan(from, through);
}

/** Names of services, with their keys where a name is not enough. */
function namesOf(
  services: readonly string[],
): (service: string) => { readonly service: string; readonly key?: string } {
  const counts = new Map<string, number>();
  for (const service of services) counts.set(serviceName(service), (counts.get(serviceName(service)) ?? 0) + 1);
  return (service) => {
    const name = serviceName(service);
    return { service: name, ...((counts.get(name) ?? 0) > 1 ? { key: service } : {}) };
  };
}
