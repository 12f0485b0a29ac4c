import { samplingWeight } from './sampling-weight';

const weight = (state: string) => {
  const bytes = Buffer.from(`..${state}`);
  return samplingWeight(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 2, bytes.length);
};

describe('sampling weight', () => {
  it.each([
    ['', 1],
    ['congo=t61rcWkgMzE', 1],
    ['ot=th:0', 1],
    ['ot=th:8', 2],
    ['ot=th:c', 4],
    ['ot=rv:1234;th:c,vendor=x', 4],
    ['vendor=ot,ot=th:e', 8],
    ['ot=th:xyz', 1],
    ['robot=th:8', 1],
  ])('of %j is %d', (state, expected) => {
    expect(weight(state)).toBe(expected);
  });

  it('is bounded however little a span says to be', () => {
    expect(weight('ot=th:ffffffffffffff')).toBe(1e6);
  });
});
