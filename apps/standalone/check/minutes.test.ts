import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readRecordings, type PlacedRequest } from '../replay/recordings';
import { cutUp, pieceMs, PieceStream, type Piece } from './minutes';
import { gatherTraces, type RecordedTrace } from './recorded-traces';

const recording = join(__dirname, '..', 'replay', 'fixtures', 'shop-payment-slow.otlp.gz');

let traces: RecordedTrace[];
beforeAll(async () => {
  traces = await gatherTraces(readRecordings([recording]));
});

async function* of(requests: Iterable<PlacedRequest>): AsyncGenerator<PlacedRequest> {
  for (const request of requests) yield await Promise.resolve(request);
}

/** What must be the same of a trace wherever it is put, and in which order its spans come. */
function shape({ spans, bodies }: RecordedTrace): string {
  const fieldsOf = (index: number) => Buffer.from(bodies[index]?.fields ?? []).toString('hex');
  const parts = spans.map(({ parent, ...span }, index) =>
    JSON.stringify([span, fieldsOf(index), fieldsOf(parent), [...(bodies[index]?.status ?? [])]]),
  );
  return createHash('sha256').update(parts.sort().join()).digest('hex');
}

const beginMs = 1_790_000_000_000;

function put(pieces: readonly Piece[], change?: Parameters<PieceStream['add']>[1]): PlacedRequest[] {
  const stream = new PieceStream(beginMs, 1);
  return [...pieces.flatMap((piece) => [...stream.add(piece, change)]), ...stream.finish()];
}

describe('traces of a recording', () => {
  it('are gathered with their services, peers and parents', () => {
    const services = new Set(traces.flatMap(({ spans }) => spans.map(({ service }) => service)));
    expect([...services].sort()).toContain('shop/payment');
    const peers = new Set(traces.flatMap(({ spans }) => spans.flatMap(({ peer }) => peer ?? [])));
    expect([...peers]).toContain('postgresql/payment');
    expect(traces.filter(({ spans }) => spans.filter(({ parent }) => parent < 0).length === 1).length).toBeGreaterThan(
      0.95 * traces.length,
    );
  });

  it('come out of a stream as they went in, but for their ids and when they were', async () => {
    const pieces = cutUp(traces);
    const again = await gatherTraces(of(put(pieces)));
    expect(again.map(shape).sort()).toEqual(
      pieces
        .flat()
        .map(({ trace }) => shape(trace))
        .sort(),
    );
    expect(new Set(again.map(({ id }) => Buffer.from(id).toString('hex'))).size).toBe(again.length);
    const known = new Set(traces.map(({ id }) => Buffer.from(id).toString('hex')));
    expect(again.filter(({ id }) => known.has(Buffer.from(id).toString('hex')))).toEqual([]);
  });

  it('may be put more than once, each time as traces of their own, in order of their ends', () => {
    const pieces = cutUp(traces).slice(0, 1);
    const requests = put([...pieces, ...pieces]);
    const ends = requests.map(({ parts }) => parts.latestEndNano);
    expect(ends).toEqual([...ends].sort((a, b) => (a < b ? -1 : 1)));
    expect(Number((ends[ends.length - 1] ?? 0n) - (ends[0] ?? 0n)) / 1e6).toBeGreaterThan(pieceMs);
  });

  it('are told when they start to whoever changes them', () => {
    const [piece] = cutUp(traces);
    if (piece === undefined) throw new Error('the recording is longer than a piece');
    const starts: number[] = [];
    put([piece, piece], (_trace, startMs) => {
      starts.push(startMs - beginMs);
      return undefined;
    });
    expect(starts.every((startMs, index) => index < piece.length === startMs < pieceMs)).toBe(true);
    expect(Math.max(...starts)).toBeLessThan(2 * pieceMs);
  });

  it('come out failed and without what was left out where they were changed', async () => {
    const [piece] = cutUp(traces);
    if (piece === undefined) throw new Error('the recording is longer than a piece');
    const changed = await gatherTraces(
      of(
        put([piece], ({ spans }) => ({
          timings: spans.map((span, index) => (index === 0 ? span : undefined)),
          failed: spans.map(() => true),
        })),
      ),
    );
    expect(changed).toHaveLength(piece.length);
    expect(changed.every(({ spans }) => spans.length === 1 && spans[0]?.failed === true)).toBe(true);
  });
});
