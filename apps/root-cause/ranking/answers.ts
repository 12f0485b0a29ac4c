import { entryKey, isPeer } from '@plumbline/wire';
import type { Behaviour } from './behaviour';
import type { Names } from './names';
import type { Scope } from './scope';

/** Part of an operation's requests that make a call for the operation to depend on it. */
const mostly = 0.5;
/** Requests from which it is known whether an operation fails, and evidence from which it does. */
const leastRequests = 5;
const leastEvidence = 2;
/** Failing operations that a callee has to explain; of a single one it is likelier that its own code fails. */
const leastExplained = 2;
/** Whoever fails is likelier to be at fault than whom it calls, all else being equal. */
const doubt = 0.85;
const most = 12;

interface Dependents {
  /** Operations that depend on the callee, by entry key, with the evidence that they fail. */
  readonly failing: Map<string, Behaviour>;
  sound: boolean;
}

/**
 * Callees that show nothing wrong themselves but whose callers fail: every operation that depends on it fails, at least two of
 * them, and the same callers do not fail elsewhere. So answers look that are wrong, and make who gets them give up.
 */
export function wrongAnswers({ now, before }: Scope, failing: readonly Behaviour[], names: Names): Behaviour[] {
  const bad = new Map<string, Behaviour>();
  for (const each of failing) {
    if (each.silent === true || each.evidence < leastEvidence) continue;
    bad.set(entryKey(each.service, each.fact.operation), each);
  }
  if (bad.size < leastExplained) return [];
  const requests = new Map<string, number>();
  const callers = new Map<string, Set<string>>();
  for (const row of now.operations.values()) {
    if (!row.entry || row.traces < leastRequests) continue;
    const key = entryKey(row.service, row.operation);
    requests.set(key, row.traces);
    const of = callers.get(row.service);
    if (of === undefined) callers.set(row.service, new Set([key]));
    else of.add(key);
  }
  const dependents = new Map<string, Dependents>();
  const usual = entryCounts(before);
  for (const { caller, callerOperation, callee, callers: makingIt } of before.edges.values()) {
    const service = names.of(callee);
    const key = entryKey(caller, callerOperation);
    if (isPeer(service) || service === caller || !requests.has(key)) continue;
    if (makingIt < mostly * (usual.get(key) ?? Infinity)) continue;
    let of = dependents.get(service);
    if (of === undefined) dependents.set(service, (of = { failing: new Map(), sound: false }));
    const behaviour = bad.get(key);
    if (behaviour === undefined) of.sound = true;
    else of.failing.set(key, behaviour);
  }
  return [...dependents].flatMap(([service, { failing: explained, sound }]) => {
    if (sound || explained.size < leastExplained) return [];
    const involved = new Set([...explained.values()].map((each) => each.service));
    const elsewhere = [...involved]
      .flatMap((caller) => [...(callers.get(caller) ?? [])])
      .filter((key) => !explained.has(key));
    if (elsewhere.length === 0 || elsewhere.some((key) => bad.has(key))) return [];
    const sum = [...explained.values()].reduce((total, { evidence }) => total + evidence, 0);
    const [worst] = [...explained.values()].sort((a, b) => b.evidence - a.evidence);
    if (worst === undefined) return [];
    const fact = { ...worst.fact, service, callee: worst.service, kind: 'wrong-answers' as const };
    return [{ service, evidence: Math.min(doubt * sum, most), fact }];
  });
}

function entryCounts({ operations }: Scope['before']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { service, operation, entry, all } of operations.values()) {
    if (!entry) continue;
    const key = entryKey(service, operation);
    counts.set(key, (counts.get(key) ?? 0) + all.count);
  }
  return counts;
}
