import { groupBy } from '../groups';
import type { AnnotatedSpan, AnnotatedWindows } from './annotate';
import type { Scores } from './rules';

/*
 * MicroRank (Yu et al., WWW 2021): traces slower than their operations make expected are anomalous; PageRank over operations and
 * traces weighs how much each operation explains; a spectrum (D* squared) of the weights ranks.
 */

const damping = 0.85;
/** Weight of calls between operations in the walk. */
const callWeight = 0.01;
const iterations = 25;
/** Balance of a trace's rareness and its shortness in the preference of anomalous traces. */
const phi = 0.5;
/** A trace is anomalous beyond the sum of mean and this many deviations of its operations' own times. */
const deviations = 1.5;

/** Scores of services: the best of their operations. */
export function microRank({ reference, abnormal, normal }: AnnotatedWindows): Scores {
  const expected = (trace: readonly AnnotatedSpan[]) =>
    trace.reduce((sum, { key }) => {
      const usual = normal.get(key);
      return usual === undefined ? sum : sum + usual.meanSelf + deviations * usual.deviation;
    }, 0);
  const actual = (trace: readonly AnnotatedSpan[]) => trace.reduce((sum, { selfUs }) => sum + selfUs, 0);
  const [slow, usual] = [
    abnormal.filter((trace) => actual(trace) > expected(trace)),
    abnormal.filter((trace) => actual(trace) <= expected(trace)),
  ];
  const anomalous = slow.length > 0 ? slow : abnormal;
  const calm = slow.length > 0 && usual.length > 0 ? usual : reference;
  const sick = walk(anomalous, true);
  const healthy = walk(calm, false);
  const scores = new Map<string, number>();
  for (const [operation, { rank, traces, service }] of sick) {
    const other = healthy.get(operation);
    const ef = rank * traces;
    const nf = rank * (anomalous.length - traces);
    const ep = (other?.rank ?? 0) * (other?.traces ?? 0);
    const score = ef ** 2 / (ep + nf + 1e-9);
    scores.set(service, Math.max(scores.get(service) ?? 0, score));
  }
  return scores;
}

interface Node {
  rank: number;
  traces: number;
  readonly service: string;
}

/** PageRank of each operation, scaled to a greatest of one, with the number of traces through it. */
function walk(traces: readonly (readonly AnnotatedSpan[])[], areAnomalous: boolean): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const calls = new Map<string, Set<string>>();
  const paths = traces.map((trace) => {
    const operations = new Map(trace.map((span) => [operationOf(span), span]));
    for (const [operation, { service }] of operations) {
      const node = nodes.get(operation) ?? { rank: 0, traces: 0, service };
      node.traces += 1;
      nodes.set(operation, node);
    }
    for (const span of trace) {
      if (span.parent === undefined) continue;
      const from = operationOf(span.parent);
      const callees = calls.get(from) ?? new Set<string>();
      calls.set(from, callees.add(operationOf(span)));
    }
    return [...operations.keys()].sort();
  });
  const preference = preferenceOf(paths, areAnomalous);
  let ofTraces = preference;
  for (const node of nodes.values()) node.rank = 1 / nodes.size;
  for (let n = 0; n < iterations; n += 1) {
    const next = new Map<string, number>();
    const give = (to: string, amount: number) => next.set(to, (next.get(to) ?? 0) + amount);
    paths.forEach((path, index) => {
      for (const operation of path) give(operation, (damping * (ofTraces[index] ?? 0)) / path.length);
    });
    for (const [from, callees] of calls) {
      const amount = (damping * callWeight * (nodes.get(from)?.rank ?? 0)) / callees.size;
      for (const to of callees) give(to, amount);
    }
    const traceRanks = paths.map((path, index) => {
      const inflow = path.reduce((sum, operation) => {
        const node = nodes.get(operation);
        return node === undefined ? sum : sum + node.rank / node.traces;
      }, 0);
      return damping * inflow + (1 - damping) * (preference[index] ?? 0);
    });
    const greatest = Math.max(...next.values(), Number.MIN_VALUE);
    for (const [operation, node] of nodes) node.rank = (next.get(operation) ?? 0) / greatest;
    const greatestTrace = traceRanks.reduce((a, b) => Math.max(a, b), Number.MIN_VALUE);
    ofTraces = traceRanks.map((rank) => rank / greatestTrace);
  }
  return nodes;
}

/** Where the walk begins again: rare kinds of traces, and of anomalous ones short ones, say more. */
function preferenceOf(paths: readonly (readonly string[])[], areAnomalous: boolean): number[] {
  const kinds = groupBy(paths, (path) => path.join('\n'));
  const rare = normalized(paths.map((path) => 1 / (kinds.get(path.join('\n'))?.length ?? 1)));
  if (!areAnomalous) return rare;
  const short = normalized(paths.map((path) => 1 / path.length));
  return short.map((value, index) => phi * value + (1 - phi) * (rare[index] ?? 0));
}

function normalized(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

function operationOf({ service, operation }: AnnotatedSpan): string {
  return `${service}|${operation}`;
}
