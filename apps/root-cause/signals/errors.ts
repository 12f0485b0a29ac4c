import type { StatsTable } from '@plumbline/wire';
import { isPeer } from '../graph';
import { rateExcess } from '../likelihood';
import { mean, traceCount } from '../reference';
import { Ledger, type Attribution, type Fact } from './fact';

const clientKind = 3;
const producerKind = 4;

/** n·KL below which a rise of an error rate is not believed; e³ to one. */
const leastEvidence = 3;
/** Errors a trace at which a failure is one beyond doubt. */
const fullMateriality = 0.1;
/** A call that fails for the caller alone timed out or was refused, which is mostly the callee's doing. */
const calleeShareOfTimeouts = 0.7;

/**
 * Divides the failures that began somewhere among the services where they began: spans that failed although nothing they
 * called did. Calls that failed for their caller alone are divided between both ends. Amounts are errors a trace.
 */
export function attributeErrors(now: StatsTable, before: StatsTable): Attribution {
  const traces = Math.max(1, traceCount(now));
  const ledger = new Ledger();
  for (const [key, row] of now.operations) {
    // Failed client spans are told by edges, which know whether the callee failed too.
    if (row.kind === clientKind || row.kind === producerKind) continue;
    const normal = before.operations.get(key)?.all;
    const excess = excessOf(row.all.origins, row.all.count, normal?.origins, normal?.count);
    if (excess === 0) continue;
    ledger.charge(row.service, excess / traces, {
      kind: 'error-origin',
      service: row.service,
      operation: row.operation,
      ...rates(row.all.origins, row.all.count, normal?.origins, normal?.count),
    });
  }
  const vanished = vanishedCallees(now, before);
  for (const [key, row] of now.edges) {
    const normal = before.edges.get(key);
    const seenByCallerOnly = (edge: typeof row | undefined): number =>
      edge === undefined ? 0 : Math.max(0, edge.clientErrors - (isPeer(edge.callee) ? 0 : edge.serverErrors));
    const [k, k0] = [seenByCallerOnly(row), seenByCallerOnly(normal)];
    const excess = excessOf(k, row.calls, k0, normal?.calls);
    if (excess === 0) continue;
    const described = rates(k, row.calls, k0, normal?.calls);
    const { caller, callee, operation } = row;
    const fact = { kind: 'error-origin', service: caller, operation, callee, ...described } as const;
    // A service that no longer answers is called by its address, as somebody who sends no spans would be.
    const silent = isPeer(callee) ? vanished.get(`${caller}\n${row.callerOperation}`) : callee;
    if (silent === undefined) {
      ledger.charge(caller, excess / traces, fact);
      continue;
    }
    const share = isPeer(callee) || slowerFor(row, normal) ? calleeShareOfTimeouts : 1 - calleeShareOfTimeouts;
    ledger.charge(silent, (excess / traces) * share, { ...fact, service: silent, callee: silent });
    ledger.charge(caller, (excess / traces) * (1 - share), fact);
  }
  return ledger.result(ledger.total / fullMateriality);
}

function excessOf(k: number, n: number, k0 = 0, n0 = 0): number {
  const normal = (k0 + 0.5) / (n0 + 1);
  return rateExcess(k, n, normal) < leastEvidence ? 0 : Math.max(0, k - n * normal);
}

function rates(k: number, n: number, k0 = 0, n0 = 0): Pick<Fact, 'signal' | 'unit' | 'before' | 'now' | 'spans'> {
  return { signal: 'error rate', unit: 'share', before: n0 > 0 ? k0 / n0 : 0, now: k / n, spans: Math.round(n) };
}

function slowerFor(
  now: { readonly duration: ReadonlyMap<number, number> },
  before: { readonly duration: ReadonlyMap<number, number> } | undefined,
): boolean {
  return before === undefined || mean(now.duration) > 1.2 * mean(before.duration);
}

/** By caller and its operation: the one service that lost at least half of its calls from there. */
function vanishedCallees(now: StatsTable, before: StatsTable): ReadonlyMap<string, string> {
  const scale = traceCount(now) / Math.max(1, traceCount(before));
  const lost = new Map<string, { callee: string; calls: number }>();
  for (const [key, normal] of before.edges) {
    if (isPeer(normal.callee)) continue;
    const missing = normal.calls * scale - (now.edges.get(key)?.calls ?? 0);
    if (missing < Math.max(3, 0.3 * normal.calls * scale)) continue;
    const from = `${normal.caller}\n${normal.callerOperation}`;
    if (missing > (lost.get(from)?.calls ?? 0)) lost.set(from, { callee: normal.callee, calls: missing });
  }
  return new Map([...lost].map(([from, { callee }]) => [from, callee]));
}
