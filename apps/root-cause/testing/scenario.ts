import type { Incident } from '@plumbline/wire';
import { Collector } from '../collect';
import { rootCauseConfig } from '../config';
import type { ReferenceProfile } from '../reference';
import { TenantAnalysis } from '../tenant';
import { learn } from './detector';
import { detect } from './messages';
import { runShop, type Fault, type ShopOptions, type SimulatedTrace } from './shop';

/** 14:00 UTC of a day; scenarios begin then. */
export const startMs = Date.parse('2026-03-02T14:00:00Z');
/** When faults begin: after a quiet minute. */
export const faultMs = startMs + 60_000;

/** Settings of the laptop preset. */
export const config = rootCauseConfig({ RESOLVE_AFTER_SECONDS: '30' });

const learnt = new Map<number, ReferenceProfile>();

/** A profile of five minutes of another day. */
export function profileOf(seed = 1): ReferenceProfile {
  let profile = learnt.get(seed);
  if (profile === undefined) {
    profile = learn(runShop({ seed: 1000 + seed, fromMs: startMs - 86_400_000, toMs: startMs - 86_100_000 }));
    learnt.set(seed, profile);
  }
  return profile;
}

/** Traces of a scenario: a quiet minute, then the fault. */
export function tracesOf(
  fault: Omit<Fault, 'fromMs' | 'toMs'> | undefined,
  options: Partial<ShopOptions> & { readonly faultMsLong?: number; readonly afterMs?: number } = {},
): SimulatedTrace[] {
  const { faultMsLong = 30_000, afterMs = 0, ...shop } = options;
  const toMs = faultMs + faultMsLong;
  const faults = fault === undefined ? [] : [{ ...fault, fromMs: faultMs, toMs }];
  return runShop({ seed: 7, fromMs: startMs, toMs: toMs + afterMs, faults, ...shop });
}

/** Runs traces through collection and analysis, as the stage does, and returns everything that was published. */
export function analyse(
  traces: readonly SimulatedTrace[],
  {
    partitions = 1,
    reference = profileOf(),
  }: { readonly partitions?: number; readonly reference?: ReferenceProfile } = {},
): Incident[] {
  const collector = new Collector(partitions, config.verdictPatienceMs);
  const analysis = new TenantAnalysis('default', config);
  const published: Incident[] = [];
  for (const { stats, verdicts, recordTimeMs } of detect(traces, reference, { partitions })) {
    for (const verdict of verdicts) collector.addVerdict(verdict, recordTimeMs);
    collector.addStats(stats, recordTimeMs);
    for (const window of collector.takeReady()) published.push(...analysis.apply(window, reference, 0));
  }
  return published;
}
