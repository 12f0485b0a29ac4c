import { seededRandom } from '@plumbline/worker/random';
import type { FeatureMatrix } from '../feature-matrix';

/** How rows of {@link factorRows} depart from normal. */
export type Departure =
  /** Each value is usual, and they do not go together: two of the columns are those of another row. */
  'swapped';

const columns = 12;

/**
 * Rows of 12 columns that two hidden numbers make, on scales that differ by powers of ten. In a third of the rows the second
 * half of the columns is absent; the last column is always.
 */
export function factorRows(rows: number, seed: number, departure?: Departure): FeatureMatrix {
  const random = seededRandom(seed);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const hidden = factors(random);
    const others = factors(random);
    const partly = random() < 1 / 3;
    for (let column = 0; column < columns; column += 1) {
      const from = departure === 'swapped' && (column === 1 || column === 4) ? others : hidden;
      const noise = 0.05 * (random() - 0.5);
      const value = 5 + 10 ** ((column % 3) - 1) * (mixed(from, column) + noise);
      values[row * columns + column] = column === columns - 1 || (partly && column >= columns / 2) ? NaN : value;
    }
  }
  return { rows, width: columns, values };
}

const factors = (random: () => number) => [2 * random() - 1, 2 * random() - 1] as const;
const mixed = ([a, b]: readonly [number, number], column: number) => a * Math.cos(column) + b * Math.sin(column);

/** Rows of a matrix, in the order given. */
export function rowsOf({ width, values }: FeatureMatrix, ...rows: readonly number[]): FeatureMatrix {
  const chosen = rows.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]);
  return { rows: rows.length, width, values: Float32Array.from(chosen) };
}
