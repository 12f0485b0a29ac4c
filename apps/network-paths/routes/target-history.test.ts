import type { Measurement } from '../mtr/measurement';
import { difference, routeId } from './route';
import { kept, TargetHistory } from './target-history';

const measurement = (addresses: readonly (string | undefined)[], reached = true): Measurement => ({
  address: '203.0.113.9',
  reached,
  hops: addresses.map((host, index) => ({
    number: index + 1,
    host,
    sent: 10,
    loss: host === undefined ? 1 : 0,
    rtt: host === undefined ? undefined : { mean: 1, best: 1, worst: 1, deviation: 0 },
  })),
});

function historyOf(...paths: readonly (readonly (string | undefined)[])[]): TargetHistory {
  const history = new TargetHistory({ name: 'there', host: '203.0.113.9' });
  for (const [index, path] of paths.entries()) history.measuredAt(index, measurement(path));
  return history;
}

describe('The history of a target', () => {
  it('has no change at first, and one when packets go another way', () => {
    const history = historyOf(['a', 'b', 'z'], ['a', 'b', 'z'], ['a', 'c', 'z']);
    expect(history.changes).toEqual([{ atMs: 2, from: ['a', 'b', 'z'], to: ['a', 'c', 'z'], isNew: true }]);
  });

  it('knows a way again: packets that are spread over two ways find nothing new', () => {
    const history = historyOf(['a', 'b', 'z'], ['a', 'c', 'z'], ['a', 'b', 'z'], ['a', 'c', 'z']);
    expect(history.changes.map(({ isNew }) => isNew)).toEqual([false, false, true]);
    expect(history.routes).toHaveLength(2);
  });

  it('is not changed by a router that is silent now and then, whose address it keeps', () => {
    const history = historyOf(['a', undefined, 'z'], ['a', 'b', 'z'], [undefined, 'b', 'z'], ['a', undefined, 'z']);
    expect(history.changes).toEqual([]);
    expect(history.route?.addresses).toEqual(['a', 'b', 'z']);
    expect(history.route?.id).toBe(routeId(['a', undefined, 'z']));
  });

  it('is changed by a way that is longer, or that ends at another address', () => {
    expect(historyOf(['a', 'z'], ['a', 'b', 'z']).changes).toHaveLength(1);
    expect(historyOf(['a', 'z'], ['a', 'y']).changes).toHaveLength(1);
  });

  it('does not take a target that is lost for another way', () => {
    const history = historyOf(['a', 'b', 'z']);
    history.measuredAt(5, measurement(['a'], false));
    history.measuredAt(6, measurement(['a'], false));
    expect(history.lostSinceMs).toBe(5);
    history.measuredAt(7, measurement(['a', 'b', 'z']));
    expect(history.lostSinceMs).toBeUndefined();
    expect(history.changes).toEqual([]);
    expect(history.samples.map(({ loss }) => loss)).toEqual([0, 1, 1, 0]);
  });

  it('says nothing of now where a measurement failed', () => {
    const history = historyOf(['a', 'z']);
    history.failedAt(9, 'timeout', 'too late');
    expect(history.current).toBeUndefined();
    expect(history.last?.atMs).toBe(0);
    history.measuredAt(10, measurement(['a', 'z']));
    expect(history.failure).toBeUndefined();
    expect(history.current?.atMs).toBe(10);
  });

  it('keeps the newest, and so much of it that memory is bounded', () => {
    const history = historyOf(...Array.from({ length: 500 }, (_, index) => [`r${index}`, 'z']));
    expect(history.samples).toHaveLength(kept.samples);
    expect(history.routes).toHaveLength(kept.routes);
    expect(history.changes).toHaveLength(kept.changes);
    expect(history.changes[0]?.to).toEqual(['r499', 'z']);
  });
});

describe('The difference of two routes', () => {
  it.each([
    [['a', 'b', 'z'], ['a', 'c', 'z'], { hop: 2, before: ['b'], after: ['c'] }],
    [['a', 'z'], ['a', 'b', 'z'], { hop: 2, before: [], after: ['b'] }],
    [['a', 'b', 'c', 'z'], ['a', 'z'], { hop: 2, before: ['b', 'c'], after: [] }],
    [['a', 'b'], ['c', 'd', 'e'], { hop: 1, before: ['a', 'b'], after: ['c', 'd', 'e'] }],
    [['a', undefined, 'z'], ['a', 'b', 'y'], { hop: 3, before: ['z'], after: ['y'] }],
  ])('of %j and %j', (from, to, expected) => {
    expect(difference(from, to)).toEqual(expected);
  });
});
