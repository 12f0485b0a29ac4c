import type { Span, Trace } from '../spans';
import { rankByBaselines } from '.';

/** A request through gateway → shop → stock; times in milliseconds. `own` is what each takes by itself, `gap` what lies before stock. */
function request(
  id: number,
  own: { gateway: number; shop: number; stock: number; gap: number },
  failing = false,
): Trace {
  const traceId = String(id);
  const span = (
    spanId: string,
    parentId: string,
    service: string,
    operation: string,
    startMs: number,
    ms: number,
  ): Span => ({
    traceId,
    spanId,
    parentId,
    service,
    pod: `${service}-0`,
    operation,
    startUs: id * 1_000_000 + startMs * 1000,
    durationUs: ms * 1000,
    failed: failing && service === 'stock',
  });
  const call = own.gap + own.stock;
  return [
    span('1', '', 'gateway', 'GET /', 0, own.gateway + own.shop + call),
    span('2', '1', 'shop', 'list', own.gateway, own.shop + call),
    span('3', '2', 'shop', 'call stock', own.gateway + own.shop, call),
    span('4', '3', 'stock', 'read', own.gateway + own.shop + own.gap, own.stock),
  ];
}

const calm = { gateway: 2, shop: 3, stock: 4, gap: 1 };
const reference = Array.from({ length: 40 }, (_, id) => request(id, { ...calm, shop: 3 + (id % 5) / 10 }));
const abnormal = (change: Partial<typeof calm>, failing = false) =>
  Array.from({ length: 20 }, (_, id) => request(100 + id, { ...calm, ...change }, failing));

describe('simple rules, told the windows', () => {
  it('see a service that works slowly by its own time', () => {
    const ranked = rankByBaselines({ reference, abnormal: abnormal({ shop: 30 }) });
    expect(ranked['self-time'][0]).toBe('shop');
    expect(ranked.deepest[0]).toBe('shop');
    expect(ranked.earliest[0]).toBe('gateway');
  });

  it('see a slow network by the gap, which counts for the callee, while own time counts it for the caller', () => {
    const ranked = rankByBaselines({ reference, abnormal: abnormal({ gap: 50 }) });
    expect(ranked.gap[0]).toBe('stock');
    expect(ranked['self-time'][0]).toBe('shop');
  });

  it('see failures where they begin', () => {
    expect(rankByBaselines({ reference, abnormal: abnormal({}, true) }).deepest[0]).toBe('stock');
  });

  it('answer the same whatever happens, when all they know is what is commonest', () => {
    expect(rankByBaselines({ reference, abnormal: abnormal({ shop: 30 }) }).commonest).toEqual([
      'gateway',
      'shop',
      'stock',
    ]);
    expect(rankByBaselines({ reference, abnormal: [] }, ['stock']).commonest).toEqual(['stock']);
  });

  it('find by spectrum and by walk the service that slow requests go through and others do not', () => {
    const short = (id: number): Trace => request(id, calm).slice(0, 1);
    const mixed = Array.from({ length: 40 }, (_, id) =>
      id % 2 === 0 ? short(200 + id) : request(200 + id, { ...calm, stock: 60 }),
    );
    const both = [...reference, ...Array.from({ length: 40 }, (_, id) => short(400 + id))];
    const ranked = rankByBaselines({ reference: both, abnormal: mixed });
    expect(ranked.ochiai.slice(0, 2).sort()).toEqual(['shop', 'stock']);
    expect(ranked.microrank[0]).not.toBe('gateway');
  });

  it('say nothing where nothing changed', () => {
    const ranked = rankByBaselines({ reference, abnormal: [] });
    expect([ranked.earliest, ranked.deepest, ranked['self-time'], ranked.ochiai, ranked.gap]).toEqual([
      [],
      [],
      [],
      [],
      [],
    ]);
  });
});
