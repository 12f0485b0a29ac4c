import { anyChild, shapeLabels } from '@plumbline/wire';
import { traceBatchFrom, type PlainSpan } from '@plumbline/wire/testing';
import { indexBatch } from './batch-index';
import type { NormalOperation } from './normal';
import { ShapeReader } from './shapes';

const root: PlainSpan = { id: 'root', service: 'shop', operation: 'GET /', durationMs: 100 };
const calls = (id: string, operation: string, more: Partial<PlainSpan> = {}): PlainSpan => ({
  id,
  parent: 'root',
  service: 'shop',
  operation,
  kind: 'client',
  peer: 'peer:any',
  durationMs: 1,
  ...more,
});

/** A reader that has read one trace, and the set of children of its first span. */
function readerOf(spans: readonly PlainSpan[]) {
  const batch = traceBatchFrom([{ spans }]);
  const reader = new ShapeReader(batch, indexBatch(batch));
  reader.read(0, spans.length);
  return { reader, shape: reader.shapeOf(0) };
}

function labelsOf(...children: readonly PlainSpan[]): string[] | undefined {
  const { shape } = readerOf([root, ...children]);
  return shape === undefined ? undefined : shapeLabels(shape.key);
}

function normal(rules: NormalOperation['rules'], regular: readonly string[] = []): NormalOperation {
  return { medianMs: 1, slowMs: 100, rules, regular, labels: new Set(['GET /a', 'GET /b']) };
}

describe('a set of children', () => {
  test('has each name once, in whatever order and number they came', () => {
    expect(labelsOf(calls('1', 'GET /b'), calls('2', 'GET /a'), calls('3', 'GET /b'))).toEqual(['GET /a', 'GET /b']);
    expect(labelsOf(calls('1', 'GET /a'), calls('2', 'GET /b'))).toEqual(['GET /a', 'GET /b']);
  });

  test('is known again in the next trace of the batch', () => {
    const spans = [root, calls('1', 'GET /a'), calls('2', 'GET /b')];
    const batch = traceBatchFrom([{ spans }, { spans: [root, calls('1', 'GET /b'), calls('2', 'GET /a')] }]);
    const reader = new ShapeReader(batch, indexBatch(batch));
    reader.read(0, 3);
    const first = reader.shapeOf(0);
    reader.read(3, 6);
    expect(reader.shapeOf(3)).toBe(first);
    expect(reader.shapeOf(4)?.id).not.toBe(first?.id);
  });

  test('has direct children alone', () => {
    const below: PlainSpan = { id: '2', parent: '1', service: 'cart', operation: 'GET /cart', durationMs: 1 };
    expect(labelsOf(calls('1', 'GET'), below)).toEqual(['GET cart']);
  });

  test('is the same whether or not the callee sent its own spans', () => {
    const below: PlainSpan = { id: '2', parent: '1', service: 'cart', operation: 'GET /cart', durationMs: 1 };
    const called = calls('1', 'GET', { peer: 'peer:http/cart:8080' });
    expect(labelsOf(called, below)).toEqual(labelsOf(called));
    expect(labelsOf(calls('1', 'GET /cart'), below)).toEqual(labelsOf(calls('1', 'GET /cart')));
  });

  test('tells calls apart by whom they go to where their names are no more than a method', () => {
    const [one, other] = [{ peer: 'peer:http/cart.shop.svc' }, { peer: 'peer:http/payment' }];
    expect(labelsOf(calls('1', 'POST', one), calls('2', 'POST', other))).toEqual(['POST cart', 'POST payment']);
    expect(labelsOf(calls('1', 'POST /pay', one), calls('2', 'POST /pay', other))).toEqual(['POST /pay']);
  });

  test('leaves out what runs beside its parent', () => {
    expect(labelsOf(calls('1', 'GET /a'), calls('2', 'send', { asynchronous: true }))).toEqual(['GET /a']);
  });

  test('is empty where there are none', () => {
    expect(labelsOf()).toEqual([]);
  });

  test('is not told of more than sixty-four names', () => {
    const children = Array.from({ length: 65 }, (_, i) => calls(String(i), `GET /${i}`));
    expect(labelsOf(...children.slice(0, 64))).toHaveLength(64);
    expect(labelsOf(...children)).toBeUndefined();
  });
});

describe('a rule', () => {
  const verdicts = (children: readonly PlainSpan[], known: NormalOperation): [boolean, boolean] => {
    const { reader, shape } = readerOf([root, ...children]);
    if (shape === undefined) throw new Error('a short trace has a set of children');
    return [reader.breaks(shape, 0, known), reader.lacks(shape, 0, known)];
  };
  const [a, b] = [calls('1', 'GET /a'), calls('2', 'GET /b')];

  test('"who has A has B" is broken by A without B, and by nothing else', () => {
    const known = normal([{ given: 'GET /a', expected: 'GET /b' }]);
    expect(verdicts([a], known)).toEqual([true, false]);
    expect(verdicts([b], known)).toEqual([false, false]);
    expect(verdicts([a, b], known)).toEqual([false, false]);
    expect(verdicts([], known)).toEqual([false, false]);
  });

  test('"has B" is broken by whoever has no B, also by who has nothing', () => {
    const known = normal([{ given: anyChild, expected: 'GET /b' }]);
    expect(verdicts([a], known)).toEqual([true, false]);
    expect(verdicts([], known)).toEqual([true, false]);
    expect(verdicts([b], known)).toEqual([false, false]);
  });

  test('what is regular is lacked, with or without a rule', () => {
    const known = normal([], ['GET /b']);
    expect(verdicts([a], known)).toEqual([false, true]);
    expect(verdicts([a, b], known)).toEqual([false, false]);
  });

  test('about a name that no span of the batch has is broken too', () => {
    expect(verdicts([a], normal([{ given: 'GET /a', expected: 'GET /never' }], ['GET /never']))).toEqual([true, true]);
  });

  test('is neither broken nor lacked by who has a child that the operation never had', () => {
    const known = normal([{ given: anyChild, expected: 'GET /b' }], ['GET /b']);
    expect(verdicts([calls('1', 'GET /v2/b')], known)).toEqual([false, false]);
    expect(verdicts([a, calls('2', 'GET /v2/b')], known)).toEqual([false, false]);
    const { reader, shape } = readerOf([root, calls('1', 'GET /v2/b')]);
    expect(shape !== undefined && reader.isNew(shape, 0, known)).toBe(true);
    const usual = readerOf([root, a]);
    expect(usual.shape !== undefined && usual.reader.isNew(usual.shape, 0, known)).toBe(false);
  });

  test('belongs to its operation: another with the same children has its own', () => {
    const { reader, shape } = readerOf([root, a]);
    if (shape === undefined) throw new Error('a short trace has a set of children');
    expect(reader.breaks(shape, 0, normal([{ given: 'GET /a', expected: 'GET /b' }]))).toBe(true);
    expect(reader.breaks(shape, 1, normal([]))).toBe(false);
  });
});
