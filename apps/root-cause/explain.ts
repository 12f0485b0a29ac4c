import { isPeer, type Blindness, type Cause, type Evidence, type StatsTable } from '@plumbline/wire';
import { togetherOf } from './evidence/together';
import { waits } from './impact';
import type { Candidate, Ranking } from './rank';
import type { Fact } from './signals/fact';
import { changeOf, label, percent, precise, sentence, whole } from './wording';

/** What an explanation is written from. */
export interface ExplainInput {
  readonly ranking: Ranking;
  readonly now: StatsTable;
  readonly before: StatsTable;
  /** Time of the incident so far, `14:02–14:09 UTC`. */
  readonly window: string;
  readonly firstSeenMs: ReadonlyMap<string, number>;
  /** What else there is on a service beside its times, failures and calls. */
  readonly more?: (service: string) => readonly Evidence[];
}

/** Below it nobody is named: "No clear cause". */
const leastConfidence = 0.2;
/** Below it another possible cause is not worth mentioning; who waits for the cause is. */
const leastMention = 0.01;
const mostCauses = 5;
const mostEvidence = 8;
/** Facts that are a smaller part of the incident are left out. */
const leastShare = 0.02;
/** Difference of confidence at which two causes cannot be told apart. */
const tie = 0.1;

/** Puts ranked candidates into words; empty when none stands out, or none of them is likelier than somebody unseen. */
export function explain(input: ExplainInput): Cause[] {
  const { candidates, unknown, calibrated, answers } = input.ranking;
  const [best] = candidates;
  // Somebody unseen is as likely as was computed: nobody ever answers that it was nobody.
  if (best === undefined || best.confidence < leastConfidence || best.computed < unknown) return [];
  const ownTimes = candidates.map(({ service, features }) => ({ service, self: features.self ?? 0 }));
  return candidates.slice(0, mostCauses).flatMap((candidate, index) => {
    const told = factsOf(candidate, input);
    const [first] = told;
    if (first === undefined || (index > 0 && first.share > 0 && candidate.confidence < leastMention)) return [];
    return {
      service: candidate.service,
      confidence: candidate.confidence,
      calibrated,
      ...(calibrated ? { computed: candidate.computed } : {}),
      ...(answers === undefined ? {} : { answers }),
      change: isStarved(told) ? 'everything it does takes longer' : changeOf(first),
      // What changed, then when and where: whoever reads three lines has both.
      evidence: [
        evidenceOf(first, input.window),
        ...togetherOf(candidate.service, ownTimes, input.now),
        ...(input.more?.(candidate.service) ?? []),
        ...told.slice(1).map((fact) => evidenceOf(fact, input.window)),
      ].slice(0, mostEvidence),
      against: against(candidate, candidates[index + 1], input),
      signals: { ...candidate.signals },
    };
  });
}

/** Own facts; without any, what it waits for. */
function factsOf({ service, facts }: Candidate, { now, before }: ExplainInput): readonly Fact[] {
  const own = facts.filter(({ share }) => share >= leastShare);
  return own.length > 0 ? own : waits(service, now, before);
}

/** Parts of the incident that each way of being slow has in it where a process lacks time to run. */
const leastStarvedShare = 0.1;

/** Its own time, its database and the way to it or from it: a process that is slow in more than one way lacks time to run. */
function isStarved(facts: readonly Fact[]): boolean {
  const ways = new Map<string, number>();
  for (const { kind, callee, service, share } of facts) {
    if (kind !== 'self-time' && kind !== 'gap' && kind !== 'callee-time') return false;
    const way = kind === 'gap' ? (callee === service ? 'gap-before' : `gap-to-${callee ?? ''}`) : kind;
    ways.set(way, (ways.get(way) ?? 0) + share);
  }
  return [...ways.values()].filter((share) => share >= leastStarvedShare).length >= 2;
}

/** A fact as evidence that is published, with its sentence. */
export function evidenceOf(fact: Fact, window: string): Evidence {
  const { kind, service, operation, callee, signal, unit, spans, share } = fact;
  return {
    kind,
    source: 'traces',
    service,
    operation,
    ...(callee === undefined ? {} : { callee }),
    signal,
    unit,
    before: precise(fact.before),
    now: precise(fact.now),
    ...(fact.normalLow === undefined ? {} : { normalLow: precise(fact.normalLow) }),
    ...(fact.normalHigh === undefined ? {} : { normalHigh: precise(fact.normalHigh) }),
    spans,
    weight: precise(share),
    sentence: sentence(fact, window),
  };
}

function against(candidate: Candidate, next: Candidate | undefined, { firstSeenMs }: ExplainInput): string[] {
  const { service, confidence } = candidate;
  const sentences: string[] = [];
  if (next !== undefined && confidence >= leastConfidence && confidence - next.confidence < tie) {
    sentences.push(`Cannot separate ${label(service)} from ${label(next.service)}.`);
  }
  const [earliest, sinceMs] = [...firstSeenMs].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))[0] ?? [];
  const own = firstSeenMs.get(service);
  if (earliest !== undefined && sinceMs !== undefined && own !== undefined && own > sinceMs) {
    sentences.push(`${label(earliest)} stood out ${Math.round((own - sinceMs) / 1000)} s earlier.`);
  }
  return sentences;
}

/** Share of spans from which something is worth telling. */
const leastBlindness = 0.01;
/** Part that Kish's effective number of requests, (Σw)²/Σw², has to be of their number not to be worth telling. */
const leastEven = 0.9;

/** What could not be seen, and so may be wrong. */
export function notSeen(now: StatsTable, cause: Cause | undefined): string[] {
  const { spans, orphans, rootless, skewed, truncated, weight, squaredWeight }: Blindness = now.blindness;
  let traces = 0;
  let abstained = 0;
  for (const row of now.entries.values()) {
    traces += row.traces;
    abstained += row.abstained;
  }
  const told: string[] = [];
  const tell = (part: number, whole: number, what: string): void => {
    if (whole > 0 && part / whole >= leastBlindness) told.push(`${percent(part / whole)} of ${what}`);
  };
  tell(orphans, spans, 'spans have a parent that never came');
  tell(rootless, traces, 'traces have no root');
  tell(skewed, spans, "spans have clocks that disagree with their parent's");
  tell(truncated, spans, 'spans were cut off by a limit');
  tell(abstained, traces, 'traces enter where too little is learnt to judge them');
  const even = squaredWeight > 0 ? weight ** 2 / squaredWeight : traces;
  if (traces > 0 && even / traces < leastEven) {
    told.push(`Requests are sampled unevenly: ${whole(traces)} were seen, as good as ${whole(even)} even ones`);
  }
  const peers = new Set(cause?.evidence.flatMap(({ callee = '' }) => (isPeer(callee) ? [callee] : [])) ?? []);
  for (const peer of [...peers].sort()) told.push(`${label(peer)} sends no spans of its own`);
  return told.slice(0, 16);
}
