import { traceBatchFrom, type PlainSpan } from '@plumbline/wire/testing';
import { indexBatch, unknownPeer } from './batch-index';

const gateway: PlainSpan = { id: 'g', service: 'gateway', operation: 'GET /', durationMs: 50 };

/** Edges of a trace as `caller operation → callee operation × calls`. */
function edgesOf(spans: readonly PlainSpan[]): string[] {
  const index = indexBatch(traceBatchFrom([{ spans }]));
  const name = (key: string) => key.replace('default///', '');
  return index.groups.map(({ edge, calls }) => {
    const { caller, callerOperation, callee, operation } = index.edges[edge] ?? {
      caller: '',
      callerOperation: '',
      callee: '',
      operation: '',
    };
    return `${name(caller)} ${callerOperation} → ${name(callee)} ${operation} × ${calls}`;
  });
}

describe('calls of a trace', () => {
  test('go from the operation by which the request entered the caller to the operation of the callee', () => {
    const spans: PlainSpan[] = [
      gateway,
      { id: 'i', parent: 'g', service: 'gateway', operation: 'render', durationMs: 40 },
      { id: 'c', parent: 'i', service: 'gateway', operation: 'GET', durationMs: 30 },
      { id: 's', parent: 'c', service: 'cart', operation: 'GET /cart', durationMs: 20 },
    ];
    expect(edgesOf(spans)).toEqual(['gateway GET / → cart GET /cart × 1']);
  });

  test('without a client span between count too', () => {
    const spans: PlainSpan[] = [
      gateway,
      { id: 's', parent: 'g', service: 'cart', operation: 'GET /cart', durationMs: 20 },
    ];
    expect(edgesOf(spans)).toEqual(['gateway GET / → cart GET /cart × 1']);
  });

  test('to a database or a pool go to the peer, counted for each entry span', () => {
    const query: Omit<PlainSpan, 'id'> = {
      parent: 'g',
      service: 'gateway',
      operation: 'SELECT',
      peer: 'peer:pg/shop',
      durationMs: 2,
    };
    const spans: PlainSpan[] = [
      gateway,
      { id: 'p', parent: 'g', service: 'gateway', operation: 'pg-pool.connect', peer: 'peer:pg', durationMs: 1 },
      { ...query, id: 'q1' },
      { ...query, id: 'q2' },
    ];
    expect(edgesOf(spans)).toEqual([
      'gateway GET / → peer:pg pg-pool.connect × 1',
      'gateway GET / → peer:pg/shop SELECT × 2',
    ]);
  });

  test('to nobody known go to an unknown peer', () => {
    const spans: PlainSpan[] = [
      gateway,
      { id: 'c', parent: 'g', service: 'gateway', operation: 'GET', kind: 'client', durationMs: 5 },
    ];
    expect(edgesOf(spans)).toEqual([`gateway GET / → ${unknownPeer} GET × 1`]);
  });

  test('are not what a consumer takes from a queue', () => {
    const spans: PlainSpan[] = [
      gateway,
      { id: 'p', parent: 'g', service: 'gateway', operation: 'publish', kind: 'producer', durationMs: 1 },
      {
        id: 's',
        parent: 'p',
        service: 'mail',
        operation: 'process',
        kind: 'consumer',
        asynchronous: true,
        durationMs: 9,
      },
    ];
    expect(edgesOf(spans)).toEqual([]);
  });

  test('of a service to itself are edges like others', () => {
    const spans: PlainSpan[] = [
      gateway,
      { id: 'c', parent: 'g', service: 'gateway', operation: 'GET', kind: 'client', durationMs: 5 },
      { id: 's', parent: 'c', service: 'gateway', operation: 'GET /self', kind: 'server', durationMs: 4 },
    ];
    expect(edgesOf(spans)).toEqual(['gateway GET / → gateway GET /self × 1']);
  });
});
