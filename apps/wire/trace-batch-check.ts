import { parseServiceKey } from './identity';
import { attributeTypes, noRow, type SpanColumns, type TraceBatch } from './trace-batch';
import { WireError } from './wire-error';

const maxKind = 5;
const maxStatusCode = 2;
const maxAttributeType = Math.max(...Object.values(attributeTypes));

/**
 * Compares what refers to what: service keys, indices with their dictionaries, parents with rows.
 *
 * @throws {WireError} at the first contradiction
 */
export function checkTraceBatch(batch: TraceBatch): void {
  const { traces, spans } = batch;
  for (const key of batch.services) requireServiceKey(key);
  requireIndices('entry service', traces.entryService, batch.services.length);
  requireIndices('entry operation', traces.entryOperation, batch.operations.length);
  requireIndices('service', spans.service, batch.services.length);
  requireIndices('operation', spans.operation, batch.operations.length);
  requireIndices('peer', spans.peer, batch.peers.length);
  requireIndices('resource', spans.resource, batch.resources.length);
  requireIndices('attribute key', spans.attributes.key, batch.attributeKeys.length);
  requireIndices('kind', spans.kind, maxKind + 1);
  requireIndices('status code', spans.statusCode, maxStatusCode + 1);
  requireIndices('attribute type', spans.attributes.type, maxAttributeType + 1);
  if (spans.count > 0 && batch.peers[0] !== '') throw new WireError('peer 0 of a trace batch is not the empty string');
  for (let trace = 0; trace < traces.count; trace += 1) {
    if (traces.revision[trace] === 0) throw new WireError(`trace ${trace} of a batch has revision 0`);
    if (!Number.isFinite(traces.eventTimeMs[trace])) throw new WireError(`trace ${trace} of a batch has no event time`);
    requireRows(spans, traces.spanOffsets[trace] ?? 0, traces.spanOffsets[trace + 1] ?? 0);
  }
}

function requireServiceKey(key: string): void {
  try {
    parseServiceKey(key);
  } catch (cause) {
    throw new WireError(`a service of a trace batch has no key: ${JSON.stringify(key.slice(0, 200))}`, { cause });
  }
}

function requireIndices(name: string, indices: Int32Array | Uint8Array, length: number): void {
  for (let i = 0; i < indices.length; i += 1) {
    const index = indices[i] ?? 0;
    if (index < 0 || index >= length) {
      throw new WireError(`${name} ${index} at ${i} of a trace batch is outside 0 to ${length - 1}`);
    }
  }
}

function requireRows({ parentRow, entryRow }: SpanColumns, from: number, to: number): void {
  for (let row = from; row < to; row += 1) {
    const parent = parentRow[row] ?? noRow;
    const entry = entryRow[row] ?? noRow;
    if (parent !== noRow && (parent < from || parent >= row)) {
      throw new WireError(`parent ${parent} of span ${row} does not come before it in its trace`);
    }
    if (entry < from || entry > row) {
      throw new WireError(`entry ${entry} of span ${row} is not at or above it in its trace`);
    }
  }
}
