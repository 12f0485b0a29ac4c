import { noRow, spanFlags, type TraceBatch } from '@plumbline/wire';

const client = 3;
const producer = 4;
const server = 2;

/** Everything that identifies an operation's row of statistics, as indices into the batch's dictionaries. */
export interface OperationName {
  readonly service: string;
  readonly operation: string;
  readonly kind: number;
  readonly entry: boolean;
}

/** Everything that identifies an edge's row of statistics. */
export interface EdgeName {
  readonly caller: string;
  readonly callerOperation: string;
  readonly callee: string;
  readonly operation: string;
}

/** Calls of one trace from one entry span over one edge. */
export interface CallGroup {
  /** Row of the caller's entry span. */
  readonly entry: number;
  readonly edge: number;
  calls: number;
  failed: number;
}

/** One call: the client span, the callee's entry span, or both. */
export interface Call {
  /** Row, or `noRow`. */
  readonly client: number;
  /** Row, or `noRow`. */
  readonly server: number;
  readonly group: CallGroup;
}

/**
 * Names of a batch resolved once: spans refer to distinct operations and calls to distinct edges by small numbers, so that
 * neither scoring nor counting builds a string for a span.
 */
export interface BatchIndex {
  readonly operations: readonly OperationName[];
  /** Index into `operations`, one a span. */
  readonly operationOf: Int32Array;
  readonly edges: readonly EdgeName[];
  readonly calls: readonly Call[];
  /** First call of each trace, and the number of calls at the end. */
  readonly callOffsets: Int32Array;
  readonly groups: readonly CallGroup[];
  /** First group of each trace, and the number of groups at the end. */
  readonly groupOffsets: Int32Array;
  /** Calls from an entry span over an edge, `undefined` when it made none. */
  group(entry: number, edge: number): CallGroup | undefined;
}

export function indexBatch(batch: TraceBatch): BatchIndex {
  const { operations, operationOf } = indexOperations(batch);
  const remote = remoteChildren(batch);
  const edges = new EdgeDictionary(batch);
  const calls: Call[] = [];
  const groups: CallGroup[] = [];
  const byKey = new Map<number, CallGroup>();
  const callOffsets = new Int32Array(batch.traces.count + 1);
  const groupOffsets = new Int32Array(batch.traces.count + 1);
  const { spans, traces } = batch;

  for (let trace = 0; trace < traces.count; trace += 1) {
    for (let row = traces.spanOffsets[trace] ?? 0; row < (traces.spanOffsets[trace + 1] ?? 0); row += 1) {
      const call = callAt(batch, remote, row);
      if (call === undefined) continue;
      const edge = edges.indexOf(call);
      const key = groupKey(call.entry, edge);
      let group = byKey.get(key);
      if (group === undefined) {
        group = { entry: call.entry, edge, calls: 0, failed: 0 };
        byKey.set(key, group);
        groups.push(group);
      }
      group.calls += 1;
      if (((spans.flags[call.client === noRow ? call.server : call.client] ?? 0) & spanFlags.error) !== 0) {
        group.failed += 1;
      }
      calls.push({ client: call.client, server: call.server, group });
    }
    callOffsets[trace + 1] = calls.length;
    groupOffsets[trace + 1] = groups.length;
  }
  return {
    operations,
    operationOf,
    edges: edges.names,
    calls,
    callOffsets,
    groups,
    groupOffsets,
    group: (entry, edge) => byKey.get(groupKey(entry, edge)),
  };
}

/** Rows stay below 2³¹ and edges of a batch below 2²⁰, so the key is exact. */
function groupKey(entry: number, edge: number): number {
  return entry * 1048576 + edge;
}

function indexOperations(batch: TraceBatch): Pick<BatchIndex, 'operations' | 'operationOf'> {
  const { spans } = batch;
  const operationOf = new Int32Array(spans.count);
  const operations: OperationName[] = [];
  const known = new Map<number, number>();
  for (let row = 0; row < spans.count; row += 1) {
    const service = spans.service[row] ?? 0;
    const operation = spans.operation[row] ?? 0;
    const kind = spans.kind[row] ?? 0;
    const entry = (spans.flags[row] ?? 0) & spanFlags.entry ? 1 : 0;
    const key = ((service * batch.operations.length + operation) * 6 + kind) * 2 + entry;
    let index = known.get(key);
    if (index === undefined) {
      index = operations.length;
      known.set(key, index);
      operations.push({
        service: batch.services[service] ?? '',
        operation: batch.operations[operation] ?? '',
        kind,
        entry: entry === 1,
      });
    }
    operationOf[row] = index;
  }
  return { operations, operationOf };
}

/** Marks the spans that reached another process: those with a child that entered a service through them. */
function remoteChildren(batch: TraceBatch): Uint8Array {
  const { spans } = batch;
  const remote = new Uint8Array(spans.count);
  for (let row = 0; row < spans.count; row += 1) {
    const parent = spans.parentRow[row] ?? noRow;
    if (parent !== noRow && entersFrom(batch, row, parent)) remote[parent] = 1;
  }
  return remote;
}

/** A service that calls itself enters itself, though its name does not change. */
function entersFrom({ spans }: TraceBatch, row: number, parent: number): boolean {
  if (((spans.flags[row] ?? 0) & spanFlags.entry) !== 0) return true;
  return spans.kind[row] === server && spans.kind[parent] === client;
}

interface CallEnds {
  readonly client: number;
  readonly server: number;
  /** Row of the caller's entry span. */
  readonly entry: number;
}

/** The call that a span is, at the callee's end if it was seen. What is consumed from a queue is no call. */
function callAt(batch: TraceBatch, remote: Uint8Array, row: number): CallEnds | undefined {
  const { spans } = batch;
  const parent = spans.parentRow[row] ?? noRow;
  if (parent !== noRow && entersFrom(batch, row, parent)) {
    if (((spans.flags[row] ?? 0) & spanFlags.asynchronous) !== 0) return undefined;
    const entry = spans.entryRow[parent] ?? noRow;
    const outgoing = spans.kind[parent] === client || spans.kind[parent] === producer;
    return entry === noRow ? undefined : { client: outgoing ? parent : noRow, server: row, entry };
  }
  const outgoing = spans.kind[row] === client || spans.kind[row] === producer || (spans.peer[row] ?? 0) !== 0;
  if (!outgoing || remote[row] === 1) return undefined;
  const entry = spans.entryRow[row] ?? noRow;
  return entry === noRow ? undefined : { client: row, server: noRow, entry };
}

/** Numbers the distinct edges of a batch. */
class EdgeDictionary {
  readonly names: EdgeName[] = [];
  private readonly known = new Map<number, Map<number, number>>();

  constructor(private readonly batch: TraceBatch) {}

  indexOf({ client, server, entry }: CallEnds): number {
    const { spans, services, operations, peers } = this.batch;
    const caller = spans.service[entry] ?? 0;
    const callerOperation = spans.operation[entry] ?? 0;
    const seen = server !== noRow;
    const calleeRow = seen ? server : client;
    const callee = seen ? (spans.service[server] ?? 0) : services.length + (spans.peer[client] ?? 0);
    const operation = spans.operation[calleeRow] ?? 0;

    const from = caller * operations.length + callerOperation;
    const to = callee * operations.length + operation;
    let callees = this.known.get(from);
    if (callees === undefined) this.known.set(from, (callees = new Map<number, number>()));
    let index = callees.get(to);
    if (index === undefined) {
      index = this.names.length;
      callees.set(to, index);
      this.names.push({
        caller: services[caller] ?? '',
        callerOperation: operations[callerOperation] ?? '',
        callee: seen ? (services[callee] ?? '') : (peers[callee - services.length] ?? '') || unknownPeer,
        operation: operations[operation] ?? '',
      });
    }
    return index;
  }
}

/** Callee of a client span that neither says whom it calls nor has a child there. */
export const unknownPeer = 'peer:unknown';
