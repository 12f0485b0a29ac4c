import { amplifiers, extraCalls, type ExtraCalls } from '../signals/amplification';
import { newCalls } from '../signals/new-calls';
import type { Fact } from '../signals/fact';
import { wrongAnswers } from './answers';
import { brokenRules, failures, type Behaviour } from './behaviour';
import { callFact, stoppedFact, timeFact } from './facts';
import { timeEvidence, type TimeEvidence } from './latency';
import { Names } from './names';
import { Reach } from './reach';
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
/** What requests staying away says at most for the service of their entry. */
const mostStopped = 8;
/** What calls that became more say at most. */
const mostCalling = 8;
/** What is left of evidence that something further down explains, and what explains it. */
const explained = 0.25;
const slow = { evidence: 4, share: 0.3 } as const;
const queue = { share: 0.2 } as const;
const misleading = { least: 3, share: 0.3 } as const;
/** Evidence from which a row's added time is believed to be the fault's. */
const significant = 0;

/** Features of every service of the scope, and of callees that send no spans, by entity. */
export function featuresOf(scope: Scope): ReadonlyMap<string, ServiceFeatures> {
  const builder = new FeatureBuilder();
  const names = new Names(scope);
  const reach = new Reach(scope, names);
  const extras = extraCalls(scope.now, scope.before, names);
  for (const row of scope.now.operations.values()) builder.of(row.service);
  addTimes(builder, { scope, names, reach }, extras);
  addBehaviour(builder, { scope, names, reach });
  for (const edge of [...extras, ...newCalls(scope.now, scope.before, names, scope.materialMs)]) {
    const evidence = Math.min(edge.evidence, mostCalling) * (1 - edge.provoked);
    builder.raise(edge.caller, 'calling', evidence);
    builder.tell(callFact(edge), evidence);
  }
  for (const entry of scope.stopped) {
    builder.raise(entry.service, 'stopped', Math.min(entry.evidence, mostStopped));
    builder.tell(stoppedFact(entry), entry.evidence);
  }
  return builder.result();
}

/** A scope, who its callees are, and who leads to whom. */
interface Surroundings {
  readonly scope: Scope;
  readonly names: Names;
  readonly reach: Reach;
}

/** Failures and broken rules, where nothing further below explains them. */
function addBehaviour(builder: FeatureBuilder, { scope, names, reach }: Surroundings): void {
  const slowServices = builder.services.filter((service) => builder.isSlow(service));
  // Who gives up waiting fails, or leaves out what is next, for what is slow further down.
  const isLate = ({ service }: Behaviour): boolean => slowServices.some((slower) => reach.leads(service, slower));
  const broken = brokenRules(scope);
  const lacking = new Map<string, number>();
  for (const { service, evidence } of broken) lacking.set(service, Math.max(evidence, lacking.get(service) ?? 0));
  const failing = failures(scope, names);
  for (const found of failing) {
    // Who is answered wrongly fails for who left something out.
    const least = misleading.least + misleading.share * found.evidence;
    const isMisled = [...lacking].some(
      ([service, evidence]) => evidence >= least && reach.leads(found.service, service),
    );
    builder.behaves('failing', { ...found, evidence: found.evidence * (isMisled || isLate(found) ? explained : 1) });
  }
  for (const found of broken) {
    builder.behaves('lacking', { ...found, evidence: found.evidence * (isLate(found) ? explained : 1) });
  }
  for (const found of wrongAnswers(scope, failing, names)) builder.behaves('answers', found);
}

function addTimes(builder: FeatureBuilder, { scope, names, reach }: Surroundings, extras: readonly ExtraCalls[]): void {
  const rows = timeEvidence(scope, names);
  const inbound = new Map<string, number>();
  const outbound = new Map<string, number>();
  const peers = new Map<string, Map<string, number>>();
  const slowRows = rows.filter(({ evidence }) => evidence >= slow.evidence);
  for (const row of rows) {
    const { kind, owner, callee } = row;
    if (callee !== undefined && owner === callee) {
      // Each of its callers says so for itself.
      const of = peers.get(owner) ?? new Map<string, number>();
      peers.set(owner, of.set(row.caller, Math.max(row.evidence, of.get(row.caller) ?? -Infinity)));
    } else if (kind !== 'gap' || callee === undefined) builder.raise(owner, 'self', Math.max(0, row.evidence));
    else {
      const evidence = row.evidence > 0 && isQueue(row, slowRows, reach) ? row.evidence * explained : row.evidence;
      inbound.set(callee, (inbound.get(callee) ?? 0) + evidence);
      outbound.set(owner, (outbound.get(owner) ?? 0) + evidence);
    }
  }
  for (const [peer, callers] of peers) {
    const sum = [...callers.values()].reduce((total, evidence) => total + evidence, 0);
    inbound.set(peer, (inbound.get(peer) ?? 0) + sum);
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

/**
 * Whether calls wait before their callee begins because it is kept busy by what is slow further down. What it calls itself does not
 * count: a bad network shows on both of its sides.
 */
function isQueue(
  { owner, callee = '', excessMs }: TimeEvidence,
  slowRows: readonly TimeEvidence[],
  reach: Reach,
): boolean {
  return slowRows.some((row) => {
    const slower = row.kind === 'gap' ? (row.callee ?? row.owner) : row.owner;
    return (
      row.excessMs >= queue.share * excessMs &&
      slower !== callee &&
      slower !== owner &&
      row.owner !== callee &&
      reach.leads(callee, slower) &&
      !reach.leads(slower, callee)
    );
  });
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

  /** Whether much speaks for its time, and that time is much of what was added. */
  isSlow(service: string): boolean {
    const { self = 0, inbound = 0, share = 0 } = this.vectors.get(service) ?? {};
    return Math.max(self, inbound) >= slow.evidence && share >= slow.share;
  }

  scale(service: string, features: readonly FeatureName[], factor: number): void {
    const vector = this.of(service);
    for (const feature of features) {
      const value = vector[feature];
      if (value !== undefined) vector[feature] = value * factor;
    }
  }

  behaves(feature: 'failing' | 'lacking' | 'answers', { service, evidence, fact }: Behaviour): void {
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
    const byService = new Map<string, Map<Omit<Fact, 'share'>, number>>();
    for (const { fact, amount } of this.facts) {
      totals.set(classOf(fact), (totals.get(classOf(fact)) ?? 0) + amount);
      const own = byService.get(fact.service) ?? new Map<Omit<Fact, 'share'>, number>();
      byService.set(fact.service, own.set(fact, amount));
    }
    return new Map(
      [...this.vectors]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([service, vector]) => [
          service,
          {
            vector,
            facts: [...(byService.get(service) ?? [])]
              .map(([fact, amount]) => ({ ...fact, share: amount / (totals.get(classOf(fact)) ?? 1) }))
              .sort((a, b) => b.share - a.share || (a.operation < b.operation ? -1 : 1)),
          },
        ]),
    );
  }
}
