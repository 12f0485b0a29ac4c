import { amplifiers, extraCalls, type ExtraCalls } from '../signals/amplification';
import type { Fact } from '../signals/fact';
import { brokenRules, failures, type Behaviour } from './behaviour';
import { callFact, stoppedFact, timeFact } from './facts';
import { shiftEvidence, timeEvidence, type TimeEvidence } from './latency';
import type { FeatureName, FeatureVector } from './model';
import type { Scope } from './scope';

/** What is known of one service, and what of it can be told. */
export interface ServiceFeatures {
  readonly vector: FeatureVector;
  readonly facts: readonly Fact[];
}

type Vector = { -readonly [K in FeatureName]?: number };

/** Callers of few edges could not be told from their callees without this much believed of either. */
const gapPrior = 0.25;
/** Evidence from which a row's added time is believed to be the fault's. */
const significant = 0;

/** Features of every service of the scope, and of callees that send no spans, by entity. */
export function featuresOf(scope: Scope): ReadonlyMap<string, ServiceFeatures> {
  const builder = new FeatureBuilder();
  const extras = extraCalls(scope.now, scope.before);
  for (const row of scope.now.operations.values()) builder.of(row.service);
  addTimes(builder, scope, extras);
  for (const found of failures(scope)) builder.behaves('failing', found);
  for (const found of brokenRules(scope)) builder.behaves('lacking', found);
  for (const edge of extras) {
    const shift = Math.log(edge.perRequest / Math.max(edge.perRequestBefore, 1e-3));
    const evidence = Math.max(0, shiftEvidence(shift, 1 / edge.entrySpans)) * (1 - edge.provoked);
    builder.raise(edge.caller, 'calling', evidence);
    builder.tell(callFact(edge), evidence);
  }
  for (const [service, evidence] of scope.stopped) {
    builder.raise(service, 'stopped', evidence);
    builder.tell(stoppedFact(service, scope), evidence);
  }
  return builder.result();
}

function addTimes(builder: FeatureBuilder, scope: Scope, extras: readonly ExtraCalls[]): void {
  const rows = timeEvidence(scope);
  const inbound = new Map<string, number>();
  const outbound = new Map<string, number>();
  for (const { kind, owner, callee, evidence } of rows) {
    if (kind !== 'gap' || callee === undefined) builder.raise(owner, 'self', Math.max(0, evidence));
    else {
      inbound.set(callee, (inbound.get(callee) ?? 0) + evidence);
      outbound.set(owner, (outbound.get(owner) ?? 0) + evidence);
    }
  }
  for (const [service, evidence] of inbound) builder.raise(service, 'inbound', Math.max(0, evidence));
  for (const [service, evidence] of outbound) builder.raise(service, 'outbound', Math.max(0, evidence));
  relieve(builder, scope, extras);
  shareTimes(builder, rows, inbound, outbound);
}

/** What is slow because it is called more often than it was is slow for who calls it. */
function relieve(builder: FeatureBuilder, { now }: Scope, extras: readonly ExtraCalls[]): void {
  if (extras.length === 0) return;
  const blame = amplifiers(now, extras);
  for (const service of builder.services) {
    let blamed = 0;
    for (const [origin, share] of blame(service)) if (origin !== service) blamed += share;
    if (blamed > 0) builder.scale(service, ['self', 'inbound', 'outbound'], Math.max(0, 1 - 2 * blamed));
  }
}

/** Divides the time that traces take longer; of a gap each end gets a part by how much speaks for it elsewhere. */
function shareTimes(
  builder: FeatureBuilder,
  rows: readonly TimeEvidence[],
  inbound: ReadonlyMap<string, number>,
  outbound: ReadonlyMap<string, number>,
): void {
  const amounts = new Map<string, number>();
  const give = (service: string, row: TimeEvidence, ms: number): void => {
    amounts.set(service, (amounts.get(service) ?? 0) + ms);
    builder.tell(timeFact(service, row), ms);
  };
  for (const row of rows) {
    if (row.evidence <= significant || row.excessMs <= 0) continue;
    if (row.kind !== 'gap' || row.callee === undefined) {
      give(row.owner, row, row.excessMs);
      continue;
    }
    const forCallee = Math.max(0, inbound.get(row.callee) ?? 0) + gapPrior;
    const forCaller = Math.max(0, outbound.get(row.owner) ?? 0);
    const part = forCallee / (forCallee + forCaller);
    give(row.callee, row, row.excessMs * part);
    if (part < 1) give(row.owner, row, row.excessMs * (1 - part));
  }
  const largest = Math.max(0, ...amounts.values());
  if (largest <= 0) return;
  for (const [service, ms] of amounts) builder.raise(service, 'share', ms / largest);
}

/** Gathers features and facts. */
class FeatureBuilder {
  private readonly vectors = new Map<string, Vector>();
  private readonly facts: { readonly fact: Omit<Fact, 'share'>; readonly amount: number }[] = [];

  get services(): readonly string[] {
    return [...this.vectors.keys()];
  }

  of(service: string): Vector {
    let vector = this.vectors.get(service);
    if (vector === undefined) this.vectors.set(service, (vector = {}));
    return vector;
  }

  /** The largest counts. */
  raise(service: string, feature: FeatureName, value: number): void {
    const vector = this.of(service);
    vector[feature] = Math.max(vector[feature] ?? 0, value);
  }

  scale(service: string, features: readonly FeatureName[], factor: number): void {
    const vector = this.of(service);
    for (const feature of features) {
      const value = vector[feature];
      if (value !== undefined) vector[feature] = value * factor;
    }
  }

  behaves(feature: 'failing' | 'lacking', { service, evidence, fact }: Behaviour): void {
    this.raise(service, feature, evidence);
    this.tell(fact, evidence);
  }

  /** @param amount how telling it is among facts of its kind */
  tell(fact: Omit<Fact, 'share'>, amount: number): void {
    if (amount > 0) this.facts.push({ fact, amount });
  }

  result(): ReadonlyMap<string, ServiceFeatures> {
    const totals = new Map<string, number>();
    const classOf = ({ kind }: Omit<Fact, 'share'>): string =>
      kind === 'self-time' || kind === 'gap' || kind === 'callee-time' ? 'time' : kind;
    for (const { fact, amount } of this.facts) {
      totals.set(classOf(fact), (totals.get(classOf(fact)) ?? 0) + amount);
    }
    return new Map(
      [...this.vectors]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([service, vector]) => [
          service,
          {
            vector,
            facts: this.facts
              .filter(({ fact }) => fact.service === service)
              .map(({ fact, amount }) => ({ ...fact, share: amount / (totals.get(classOf(fact)) ?? 1) }))
              .sort((a, b) => b.share - a.share || (a.operation < b.operation ? -1 : 1)),
          },
        ]),
    );
  }
}
