import type { Fact } from './signals/fact';
import { key } from './testing/detector';
import { changeOf, label, percent, sentence, significant, timeSpan } from './wording';

const slow: Fact = {
  kind: 'self-time',
  service: key('payment'),
  operation: 'POST /charge',
  signal: 'self time p95',
  unit: 'ms',
  before: 41,
  now: 912,
  normalLow: 38,
  normalHigh: 47,
  spans: 318,
  share: 1,
};
const calls: Fact = {
  kind: 'extra-calls',
  service: key('checkout'),
  operation: 'POST /checkout',
  callee: key('inventory'),
  signal: 'calls per request',
  unit: 'calls',
  before: 1,
  now: 4.1,
  spans: 120,
  share: 1,
};

describe('sentences of evidence', () => {
  test('say what, from where to where, how sure, and what is normal', () => {
    expect(sentence(slow, '14:02–14:09 UTC')).toBe(
      'POST /charge self time p95: 41 to 912 ms (×22, 318 spans, 14:02–14:09 UTC); normal 38–47 ms.',
    );
  });

  test('give rates in per cent, and no ratio to nothing', () => {
    const fact: Fact = { ...slow, kind: 'error-origin', signal: 'error rate', unit: 'share', before: 0, now: 0.623 };
    const { normalLow: _low, normalHigh: _high, ...rest } = fact;
    expect(sentence(rest, '14:02 UTC')).toBe('POST /charge error rate: 0 % to 62 % (318 spans, 14:02 UTC).');
  });

  test('count calls by request', () => {
    expect(sentence(calls, '14:02 UTC')).toBe(
      'POST /checkout calls of inventory per request: 1 to 4.1 (×4.1, 120 requests, 14:02 UTC).',
    );
  });

  test('cut names that somebody made endless', () => {
    expect(sentence({ ...slow, operation: 'x'.repeat(5000) }, '').length).toBeLessThan(400);
  });
});

describe('what changed', () => {
  const database = 'peer:postgresql/payment';
  test.each<readonly [Fact, string]>([
    [slow, 'its own time rose'],
    [{ ...slow, kind: 'error-origin' }, 'it fails'],
    [{ ...slow, kind: 'error-origin', callee: database }, 'its calls of its database fail'],
    [{ ...slow, kind: 'callee-time', callee: database }, 'it waits for its database'],
    [
      { ...slow, kind: 'callee-time', callee: database, operation: 'pg-pool.connect' },
      'it waits for a connection of its pool',
    ],
    [{ ...slow, kind: 'callee-time', callee: key('bank') }, 'it waits for bank'],
    [{ ...calls, kind: 'missing-call', now: 0 }, 'it no longer calls inventory'],
    [{ ...calls, kind: 'missing-call', now: 0.5 }, 'it calls inventory less often'],
    [calls, 'it calls inventory 4.1 times as often'],
    [{ ...calls, before: 0 }, 'it calls inventory, which it did not'],
  ])('%#: %o', (fact, change) => {
    expect(changeOf(fact)).toBe(change);
  });
});

test('numbers have the digits that are known', () => {
  expect([0.0432, 0.4, 4.13, 41.3, 912.4].map(significant)).toEqual(['0.04', '0.4', '4.1', '41', '912']);
  expect(percent(0.004)).toBe('0.4 %');
});

test('a stretch of time is one time when it is within a minute', () => {
  const at = Date.parse('2026-03-02T14:02:05Z');
  expect(timeSpan(at, at + 20_000)).toBe('14:02 UTC');
  expect(timeSpan(at, at + 420_000)).toBe('14:02–14:09 UTC');
});

test('a service is called by its name, a peer by its address', () => {
  expect(label(key('payment'))).toBe('payment');
  expect(label('peer:postgresql/shop')).toBe('postgresql/shop');
});
