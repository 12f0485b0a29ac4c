import { arrivals } from './arrivals';
import { Engine } from './engine';
import { Faults, type Fault } from './faults';
import { schedule, type PlannedCase, type RunOptions } from './plan';
import { outcomes, spanKinds, type SimSpan, type System } from './system';

/*
 * Which faults can be seen at all, decided from what was simulated and from nothing that detects or ranks.
 *
 * The requests of the first 90 s of a fault are simulated twice: with that fault alone and without any, with the same arrivals and
 * the same draws for everything else. Of the requests that touch the struck operation, service or peer in either, a fault is
 * visible when both hold:
 *
 * 1. It matters. M is the median duration of these requests without it. A request is affected when it never ends, has other
 *    spans or other failures than its twin, or takes longer by at least 0.2 M. At least 8 are affected; and the median or the
 *    90th percentile of what they take longer is at least 0.2 M, or at least 10 of 100 never end or have other spans or failures.
 * 2. It can be told without twins by one who knows culprit and time: between the two sets of requests, at least 3 standard
 *    deviations lie in their number, or in the rank sum (by entry operation, corrected for ties) of the time passed at the culprit,
 *    of the number of spans or of the number of failed spans.
 */

const watchUs = 90_000_000;
/** Queues fill before the window begins. */
const leadUs = 20_000_000;
const material = 0.2;
const leastAffected = 8;
const changedShare = 0.1;
const leastDeviations = 3;

/** What there is to see of a fault. */
export interface Sight {
  readonly visible: boolean;
  /** Requests that touch the culprit, and those of them that are affected. */
  readonly touching: number;
  readonly affected: number;
  /** Of what touching requests take longer, as shares of their median duration. */
  readonly medianEffect: number;
  readonly p90Effect: number;
  readonly changedShare: number;
  /** Largest of the deviations of rule 2. */
  readonly deviations: number;
}

/** The cases with `visible` set, of both faults where there are two. */
export function judgeCases(system: System, options: RunOptions, cases: readonly PlannedCase[]): PlannedCase[] {
  const { faults, load } = schedule(system, options);
  return cases.map((planned, index) => {
    const [first, second] = (faults[index] ?? []).map((fault) => look(system, options.seed, fault, load).visible);
    return {
      ...planned,
      visible: first === true,
      ...(planned.also === undefined ? {} : { also: { ...planned.also, visible: second === true } }),
    };
  });
}

/** Simulates the beginning of a fault with and without it, and compares. */
export function look(system: System, seed: number, fault: Fault, load: Parameters<typeof arrivals>[4] = {}): Sight {
  const without = observe(system, seed, fault, [], load);
  const withIt = observe(system, seed, fault, [fault], load);
  const ids = [...without.keys(), ...withIt.keys()].filter(
    (id) => without.get(id)?.touches === true || withIt.get(id)?.touches === true,
  );
  const touching = [...new Set(ids)].flatMap((id) => without.get(id) ?? []);
  const median = quantile(
    touching.map(({ durationUs }) => durationUs),
    0.5,
  );
  let affected = 0;
  let changed = 0;
  const effects: number[] = [];
  for (const twin of touching) {
    const own = withIt.get(twin.request);
    const hasChanged = own === undefined || own.spans !== twin.spans || own.failures !== twin.failures;
    const effect = own === undefined ? 0 : (own.durationUs - twin.durationUs) / median;
    effects.push(effect);
    if (hasChanged) changed += 1;
    if (hasChanged || effect >= material) affected += 1;
  }
  const share = touching.length === 0 ? 0 : changed / touching.length;
  const medianEffect = quantile(effects, 0.5);
  const p90Effect = quantile(effects, 0.9);
  const matters =
    affected >= leastAffected && (medianEffect >= material || p90Effect >= material || share >= changedShare);
  const deviations = apart(
    touching,
    touching.flatMap(({ request }) => withIt.get(request) ?? []),
  );
  return {
    visible: matters && deviations >= leastDeviations,
    touching: touching.length,
    affected,
    medianEffect,
    p90Effect,
    changedShare: share,
    deviations,
  };
}

interface Observed {
  readonly request: number;
  /** Template of the root. */
  entry: number;
  touches: boolean;
  durationUs: number;
  spans: number;
  failures: number;
  localUs: number;
}

function observe(
  system: System,
  seed: number,
  fault: Fault,
  faults: readonly Fault[],
  load: Parameters<typeof arrivals>[4],
): Map<number, Observed> {
  const seen = new Map<number, Observed>();
  const place = placeOf(system, fault);
  const add = (span: SimSpan) => {
    let observed = seen.get(span.request);
    if (observed === undefined) {
      observed = { request: span.request, entry: -1, touches: false, durationUs: 0, spans: 0, failures: 0, localUs: 0 };
      seen.set(span.request, observed);
    }
    observed.spans += 1;
    if (span.outcome === outcomes.failed || span.outcome === outcomes.timeout) observed.failures += 1;
    if (place.touched.has(span.template)) observed.touches = true;
    if (place.local.has(span.template)) observed.localUs += span.localUs;
    if (span.parentHigh === 0 && span.parentLow === 0) {
      observed.entry = span.template;
      observed.durationUs = span.endUs - span.startUs;
    }
  };
  const engine = new Engine(system, { seed, faults: new Faults(faults), sink: { add } });
  engine.run(arrivals(system, seed, fault.fromUs - leadUs, fault.fromUs, load));
  seen.clear();
  engine.run(arrivals(system, seed, fault.fromUs, Math.min(fault.fromUs + watchUs, fault.untilUs), load));
  return new Map([...seen].filter(([, { entry }]) => entry >= 0));
}

/** Templates whose spans show that a request was there, and those in which its time there passes. */
function placeOf(system: System, { service, peer, operation }: Fault): { touched: Set<number>; local: Set<number> } {
  const calls = system.edges.filter(({ target }) =>
    'peer' in target ? target.peer === peer : system.operations[target.operation]?.service === service,
  );
  const inbound = calls.map(({ template }) => template);
  if (peer !== undefined) return { touched: new Set(inbound), local: new Set(inbound) };
  const own = system.templates.filter((template) => template.service === service).map(({ index }) => index);
  const struck = operation === undefined ? undefined : system.operations[operation]?.template;
  const servers = own.filter((index) => system.templates[index]?.kind === spanKinds.server);
  return { touched: new Set(struck === undefined ? servers : [struck]), local: new Set([...own, ...inbound]) };
}

function apart(a: readonly Observed[], b: readonly Observed[]): number {
  const number = Math.abs(a.length - b.length) / Math.sqrt(Math.max(1, a.length + b.length));
  const ranked = [
    ({ localUs }: Observed) => localUs,
    ({ spans }: Observed) => spans,
    ({ failures }: Observed) => failures,
  ];
  return Math.max(number, ...ranked.map((value) => Math.abs(rankSum(a, b, value))));
}

/** Standardized Wilcoxon rank sum, summed over entry operations. */
function rankSum(a: readonly Observed[], b: readonly Observed[], value: (observed: Observed) => number): number {
  let excess = 0;
  let variance = 0;
  for (const entry of new Set(a.map((each) => each.entry))) {
    const all = [
      ...a.filter((each) => each.entry === entry).map((each) => ({ value: value(each), own: 0 })),
      ...b.filter((each) => each.entry === entry).map((each) => ({ value: value(each), own: 1 })),
    ].sort((x, y) => x.value - y.value);
    const n = all.length;
    const n1 = all.filter(({ own }) => own === 1).length;
    const n0 = n - n1;
    if (n0 === 0 || n1 === 0) continue;
    let ranks = 0;
    let ties = 0;
    for (let from = 0; from < n;) {
      let to = from;
      while (to < n && all[to]?.value === all[from]?.value) to += 1;
      const tied = to - from;
      ranks += ((from + 1 + to) / 2) * all.slice(from, to).filter(({ own }) => own === 1).length;
      ties += tied ** 3 - tied;
      from = to;
    }
    excess += ranks - (n1 * (n + 1)) / 2;
    variance += ((n0 * n1) / 12) * (n + 1 - ties / (n * (n - 1)));
  }
  return variance > 0 ? excess / Math.sqrt(variance) : 0;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
