import { anyChild, isPeer, rulesOf, shapeLabels, unseenCallee, type OperationStats } from '@plumbline/wire';
import { isDatabase } from '../graph';
import { lnBeta } from '../opening/tail';
import type { Fact } from '../signals/fact';
import { isCall } from './latency';
import { Names } from './names';
import type { Scope } from './scope';

/** Evidence that a service behaves otherwise than it did, with what was seen. */
export interface Behaviour {
  readonly service: string;
  readonly evidence: number;
  /** Its callers say so; it sent no span. */
  readonly silent?: boolean;
  readonly fact: Omit<Fact, 'share'>;
}

/** Reference trials that are believed at most: what came before was another day. */
const mostTrials = 20;

/**
 * ln of how much likelier k of n is at a share of its own (uniform) than at the reference's, k₀ of n₀, itself uncertain as a beta of
 * at most {@link mostTrials}; 0 where the share has not risen.
 */
export function riseEvidence(k0: number, n0: number, k: number, n: number): number {
  const share = (k0 + 0.5) / (n0 + 1);
  if (n <= 0 || (k + 0.5) / (n + 1) <= share) return 0;
  const weight = Math.min(n0 + 1, mostTrials);
  const [a, b] = [share * weight, (1 - share) * weight];
  const [hits, misses] = [Math.min(k, n), Math.max(n - k, 0)];
  return Math.max(0, lnBeta(1 + hits, 1 + misses) - (lnBeta(a + hits, b + misses) - lnBeta(a, b)));
}

/** Failures at the deepest bad span of a trace, by operation. */
export function failures({ now, before }: Scope, names = new Names({ now, before })): Behaviour[] {
  const found: Behaviour[] = [];
  const silent = silentCallees({ now, before }, names);
  for (const [key, row] of now.operations) {
    if (row.traces <= 0 || row.deep <= 0) continue;
    const normal = before.operations.get(key);
    const evidence = riseEvidence(normal?.erring ?? 0, normal?.traces ?? 0, row.deep, row.traces);
    if (evidence <= 0) continue;
    const callee = isCall(row.kind) ? silent.get(`${row.service}\n${row.operation}`) : undefined;
    const service = callee ?? row.service;
    found.push({
      service,
      evidence,
      silent: callee !== undefined,
      fact: {
        kind: 'error-origin',
        service,
        operation: row.operation,
        ...(callee === undefined ? {} : { callee }),
        signal: 'error rate',
        unit: 'share',
        before: share(normal?.erring ?? 0, normal?.traces ?? 0),
        now: share(row.deep, row.traces),
        spans: Math.round(row.traces),
      },
    });
  }
  return found;
}

/**
 * Who a call that fails without any span of its callee was meant for, by caller and operation of the call: the one callee that
 * gets fewer calls from that caller than before, else whoever sends no spans and is no database of the caller.
 */
function silentCallees({ now, before }: Pick<Scope, 'now' | 'before'>, names: Names): ReadonlyMap<string, string> {
  const lost = new Map<string, { callee: string; missing: number }>();
  for (const [key, normal] of before.edges) {
    if (isPeer(normal.callee) || normal.calls <= 0) continue;
    const row = now.edges.get(key);
    const requests = (table: Scope['now']): number =>
      [...table.entries.values()].reduce((sum, { traces }) => sum + traces, 0);
    const expected = (normal.calls * requests(now)) / Math.max(1, requests(before));
    const missing = expected - (row?.calls ?? 0);
    if (missing < Math.max(3, 0.3 * expected)) continue;
    if (missing > (lost.get(normal.caller)?.missing ?? 0)) lost.set(normal.caller, { callee: normal.callee, missing });
  }
  const silent = new Map<string, string>();
  for (const { caller, callee, operation, clientErrors } of now.edges.values()) {
    if (!isPeer(callee) || clientErrors <= 0) continue;
    const named = names.of(callee);
    const vanished = named === callee ? lost.get(caller)?.callee : named;
    const meant = vanished ?? (isDatabase(callee) ? undefined : unseenCallee(caller, callee));
    if (meant !== undefined) silent.set(`${caller}\n${operation}`, meant);
  }
  return silent;
}

function share(k: number, n: number): number {
  return n > 0 ? k / n : 0;
}

/** Rules among the children of an operation that no longer hold, where nothing below was bad. */
export function brokenRules({ now, before }: Scope): Behaviour[] {
  const found: Behaviour[] = [];
  for (const [key, row] of now.operations) {
    const normal = before.operations.get(key);
    if (normal === undefined || ![...row.shapes.values()].some(({ deep }) => deep > 0)) continue;
    let strongest: Behaviour | undefined;
    for (const { given, expected } of rulesOf(normal.shapes).rules) {
      const [then, since] = [countRule(normal, given, expected), countRule(row, given, expected)];
      const evidence = riseEvidence(then.without, then.given, since.deep, since.given);
      if (evidence <= (strongest?.evidence ?? 0)) continue;
      strongest = {
        service: row.service,
        evidence,
        fact: {
          kind: 'missing-call',
          service: row.service,
          operation: row.operation,
          step: expected,
          signal: 'calls per request',
          unit: 'calls',
          before: 1 - share(then.without, then.given),
          now: 1 - share(since.without, since.given),
          spans: Math.round(since.given),
        },
      };
    }
    if (strongest !== undefined) found.push(strongest);
  }
  return found;
}

function countRule(
  { shapes }: Pick<OperationStats, 'shapes'>,
  given: string,
  expected: string,
): { readonly given: number; readonly without: number; readonly deep: number } {
  const sums = { given: 0, without: 0, deep: 0 };
  for (const [key, { count, deep }] of shapes) {
    const labels = shapeLabels(key);
    if (given !== anyChild && !labels.includes(given)) continue;
    sums.given += count;
    if (labels.includes(expected)) continue;
    sums.without += count;
    sums.deep += deep;
  }
  return sums;
}
