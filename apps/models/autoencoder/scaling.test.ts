import { seededRandom } from '@plumbline/worker/random';
import { fitScaling, Standardizer } from './scaling';

function matrix(columns: readonly (readonly number[])[]) {
  const rows = columns[0]?.length ?? 0;
  const values = Float32Array.from({ length: rows * columns.length }, (_, at) => {
    return columns[at % columns.length]?.[Math.floor(at / columns.length)] ?? NaN;
  });
  return { rows, width: columns.length, values };
}
const many = (value: (index: number) => number) => Array.from({ length: 1_001 }, (_, index) => value(index));

describe('Scaling', () => {
  it('is not moved by a few values out of all proportion', () => {
    const random = seededRandom(5);
    const usual = many(() => random());
    const dirty = usual.map((value, index) => (index % 50 === 0 ? 1e6 : value));
    const [clean, moved] = fitScaling(matrix([usual, dirty]), 8, 1).columns;
    expect(moved?.center).toBeCloseTo(clean?.center ?? NaN, 1);
    expect(moved?.spread).toBeCloseTo(clean?.spread ?? NaN, 1);
  });

  it('takes a flag by how often it is set, and a constant by its own unit', () => {
    const { columns } = fitScaling(matrix([many((index) => (index % 100 === 0 ? 1 : 0)), many(() => 7.1)]), 8, 1);
    expect(columns[0]).toMatchObject({ center: 0, used: true });
    expect(columns[0]?.spread).toBeCloseTo(Math.sqrt(0.011 * 0.989), 3);
    expect(columns[1]).toEqual({ center: Math.fround(7.1), spread: 1, used: true });
  });

  it('leaves out columns of which little was seen', () => {
    const { columns } = fitScaling(matrix([many((index) => (index < 29 ? index : NaN)), many((index) => index)]), 8, 1);
    expect(columns.map(({ used }) => used)).toEqual([false, true]);
  });

  it('draws from many rows what follows from the seed', () => {
    const values = Float32Array.from({ length: 60_000 }, (_, index) => Math.sqrt(index));
    const of = (seed: number) => fitScaling({ rows: 60_000, width: 1, values }, 8, seed);
    expect(of(1)).toEqual(of(1));
    expect(of(2)).not.toEqual(of(1));
    expect(of(1).columns[0]?.center).toBeCloseTo(Math.sqrt(30_000), 0);
  });

  it('makes values and presence of a row', () => {
    const columns = [
      { center: 10, spread: 2, used: true },
      { center: 0, spread: 1, used: true },
      { center: 0, spread: 1, used: false },
      { center: 0, spread: 1, used: true },
    ];
    const standardizer = new Standardizer({ schema: 1, clip: 8, columns }, 2);
    const values = Float32Array.of(13, NaN, 4, -100);
    expect(standardizer.write({ rows: 1, width: 4, values }, 0, 1)).toBe(2);
    expect([...standardizer.inputs.subarray(8)]).toEqual([1.5, 0, 0, -8, 1, 0, 0, 1]);
  });
});
