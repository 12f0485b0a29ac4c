import { readCount, readList, readText } from './json';

describe('fields of a JSON body', () => {
  it('are read as what they are', () => {
    const body: unknown = { id: 'p-1', items: [{ quantity: 2 }, { quantity: 0 }] };
    expect(readText(body, 'id')).toBe('p-1');
    expect(readList(body, 'items', (item) => readCount(item, 'quantity'))).toEqual([2, 0]);
  });

  it.each([[undefined], [null], ['text'], [{}], [{ id: '' }], [{ id: 7 }], [{ id: 'x'.repeat(201) }], [[]]])(
    'a text is not read from %j',
    (body) => {
      expect(() => readText(body, 'id')).toThrow(/^id should be a short text/);
    },
  );

  it.each([[-1], [1.5], ['1'], [NaN], [null]])('a count is not read from %j', (quantity) => {
    expect(() => readCount({ quantity }, 'quantity')).toThrow(/^quantity should be a count/);
  });

  it('a list is not read from something long or something else', () => {
    expect(() => readList({ items: new Array(1001).fill(0) }, 'items', (item) => item)).toThrow(
      /^items should be a list/,
    );
    expect(() => readList({ items: {} }, 'items', (item) => item)).toThrow(/^items should be a list/);
  });
});
