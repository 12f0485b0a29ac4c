import type { StatsTable } from '@plumbline/wire';
import { attributeCalls } from './signals/calls';
import { attributeErrors } from './signals/errors';
import type { Attribution, Fact } from './signals/fact';
import { attributeLatency } from './signals/latency';
import { growthOfOwnTime, ochiai } from './signals/local';
import { mostEvidence, temperature, unknownScore, weights, type SignalName } from './weights';

/** A service that may be the cause, with what speaks for and against it. */
export interface Candidate {
  /** Service key, or `peer:…` for one that sends no spans. */
  readonly service: string;
  /** Share of belief among the candidates and "unknown". */
  readonly confidence: number;
  /** w_k · clip(L_k, ±4) by signal. */
  readonly signals: Readonly<Record<SignalName, number>>;
  /** Most telling first. */
  readonly facts: readonly Fact[];
}

/** What is ranked: an incident's statistics, and the normal ones they are compared with. */
export interface RankInput {
  readonly now: StatsTable;
  readonly before: StatsTable;
  /** First window in which each service stood out, event time in milliseconds since the epoch. */
  readonly firstSeenMs: ReadonlyMap<string, number>;
}

/** Ranks the services that may have caused an incident, best first. Pure: equal tables give equal rankings. */
export function rank({ now, before, firstSeenMs }: RankInput): Candidate[] {
  const latency = attributeLatency(now, before);
  const errors = attributeErrors(now, before);
  const calls = attributeCalls(now, before);
  const spectrum = ochiai(now);
  const growth = growthOfOwnTime(now, before);
  const earliest = Math.min(...firstSeenMs.values());
  const facts = [...weighed(latency), ...weighed(errors), ...weighed(calls)];

  const scored = candidates(now, latency, errors, calls).map((service) => {
    const grown = growth.get(service) ?? { log: 0, breadth: 0, operations: 0 };
    const evidence: Record<SignalName, number> = {
      latency: shareEvidence(latency, service),
      errorOrigin: shareEvidence(errors, service),
      calls: shareEvidence(calls, service),
      spectrum: 4 * ((spectrum.get(service) ?? 0) - 0.5),
      growth: latency.materiality * (2 * grown.log - 0.5),
      breadth: grown.operations < 2 ? 0 : latency.materiality * (4 * grown.breadth - 2),
      earliest: firstSeenMs.get(service) === earliest ? 1 : 0,
    };
    const signals = Object.fromEntries(
      Object.entries(evidence).map(([name, value]) => [name, round(weights[name as SignalName] * clip(value))]),
    ) as Record<SignalName, number>;
    const score = Object.values(signals).reduce((sum, value) => sum + value, 0);
    return { service, score, signals, facts: facts.filter((fact) => fact.service === service) };
  });

  const strength = (score: number): number => Math.exp(score / temperature);
  const total = scored.reduce((sum, { score }) => sum + strength(score), strength(unknownScore));
  return scored
    .sort((a, b) => b.score - a.score || (a.service < b.service ? -1 : 1))
    .map(({ service, score, signals, facts: own }) => ({
      service,
      confidence: round(strength(score) / total),
      signals,
      facts: own.sort((a, b) => b.share - a.share || (a.operation < b.operation ? -1 : 1)),
    }));
}

/** Services that carried anomalous traces, and whoever something was attributed to. */
function candidates(now: StatsTable, ...attributions: readonly Attribution[]): string[] {
  const services = new Set<string>();
  for (const row of now.operations.values()) if (row.anomalous.count > 0 || row.suspects > 0) services.add(row.service);
  for (const { shares } of attributions) {
    for (const [service, share] of shares) if (share > 0.01) services.add(service);
  }
  return [...services].sort();
}

/** Logit of the share of a symptom, as far as there is such a symptom at all. */
function shareEvidence({ shares, materiality }: Attribution, service: string): number {
  const share = shares.get(service) ?? 0;
  return materiality * Math.log((share + 0.02) / (1 - share + 0.02));
}

/** Facts of a class without materiality tell little, whatever their share of it. */
function weighed({ facts, materiality }: Attribution): Fact[] {
  return facts.map((fact) => ({ ...fact, share: fact.share * materiality }));
}

function clip(value: number): number {
  return Math.min(mostEvidence, Math.max(-mostEvidence, value));
}

function round(value: number): number {
  // Adding zero turns -0 into 0, which JSON does not tell apart.
  return Math.round(value * 1000) / 1000 + 0;
}
