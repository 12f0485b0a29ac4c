import type { Program } from './operations';
import type { Random } from './random';
import type { Edge, Operation, System } from './system';

/** Spans that a request makes in the mean. */
export function spansPerRequest({ entries, operations }: Program): number {
  return entries.reduce((sum, { operation, share }) => sum + share * (operations[operation]?.expectedSpans ?? 0), 0);
}

/**
 * The system with workers, connections and databases that carry its load: each is busy between 3 and 40 % of the time without
 * faults, so queues form when something is three to thirty times slower.
 */
export function withCapacity(system: System, random: Random): System {
  const { visits, statements } = loadOf(system);
  const operations = system.operations.map((operation, index) => ({
    ...operation,
    visitsPerSecond: visits[index] ?? 0,
  }));
  const services = system.services.map((service) => {
    const own = operations.filter((operation) => operation.service === service.index);
    const heldMs = own.reduce(
      (sum, operation) => sum + operation.visitsPerSecond * heldBy(operation, service.model),
      0,
    );
    const workers = Math.ceil(heldMs / 1000 / random.logBetween(0.03, 0.4) / service.pods.length);
    return { ...service, workers: Math.max(service.model === 'threads' ? 4 : 1, workers) };
  });
  const peers = system.peers.map((peer) => {
    const busy = ((statements[peer.index] ?? 0) * peer.workMs) / 1000;
    return { ...peer, concurrency: Math.max(2, Math.ceil(busy / random.logBetween(0.03, 0.4))) };
  });
  return { ...system, services, operations, peers };
}

function heldBy({ workMs, workSigma, expectedMs }: Operation, model: 'threads' | 'async'): number {
  const spread = Math.exp(workSigma ** 2 / 2);
  return (model === 'threads' ? expectedMs : workMs) * spread;
}

/** Visits of each operation and statements at each peer a second. */
export function loadOf(
  system: Pick<System, 'operations' | 'edges' | 'entries' | 'services' | 'peers' | 'tracesPerSecond'>,
): {
  visits: Float64Array;
  statements: Float64Array;
  calls: Float64Array;
} {
  const visits = new Float64Array(system.operations.length);
  const statements = new Float64Array(system.peers.length);
  const calls = new Float64Array(system.edges.length);
  for (const { operation, share } of system.entries) visits[operation] = system.tracesPerSecond * share;
  for (const operation of callersFirst(system.operations)) {
    for (const edge of edgesOf(operation, system.edges)) {
      const rate = (visits[operation.index] ?? 0) * edge.probability;
      calls[edge.index] = rate;
      if ('peer' in edge.target) statements[edge.target.peer] = (statements[edge.target.peer] ?? 0) + rate;
      else visits[edge.target.operation] = (visits[edge.target.operation] ?? 0) + rate;
    }
  }
  return { visits, statements, calls };
}

/** Operations are drawn callees first, so a caller has the greater index. */
function callersFirst(operations: readonly Operation[]): Operation[] {
  return [...operations].sort((a, b) => b.index - a.index);
}

/** The calls that an operation makes when nothing fails. */
export function edgesOf(operation: Operation, edges: readonly Edge[]): Edge[] {
  return operation.steps
    .flatMap((step) => (step.do === 'call' ? step.edges : []))
    .flatMap((index) => edges[index] ?? []);
}
