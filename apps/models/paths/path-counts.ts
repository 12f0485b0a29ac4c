import { z } from 'zod';
import { shapeKey, shapeLabels } from '@plumbline/wire';

/** What was counted of one operation. */
export interface OperationCounts {
  /** Traces with a span of the operation, one for each different set of children in a trace. */
  readonly traces: number;
  /** Traces whose set is not among `shapes`. */
  readonly rest: number;
  /** Different sets that were seen, those of the rest too. */
  readonly kinds: number;
  /** Traces by set of children, `shapeKey`. */
  readonly shapes: ReadonlyMap<string, number>;
  /** Traces by label of a child, those of the rest too. */
  readonly labels: ReadonlyMap<string, number>;
}

/** By operation key, in byte order. */
export type PathCounts = ReadonlyMap<string, OperationCounts>;

/** Limits of a path model: the most frequent sets of an operation are kept. */
export const pathLimits = {
  operations: 20_000,
  /** Of one operation. */
  shapes: 128,
  labels: 512,
  /** In one set. */
  children: 64,
  /** Different labels of all operations. */
  names: 200_000,
  /** In one name. */
  chars: 16_384,
} as const;

const count = z.number().int().min(0);
const label = z.number().int().min(0);
const pathsJson = z.object({
  schema: z.literal(1),
  /** Labels are numbers into this table. */
  labels: z.array(z.string().max(pathLimits.chars)).max(pathLimits.names),
  operations: z
    .array(
      z.object({
        key: z.string().max(pathLimits.chars),
        traces: count,
        rest: count,
        kinds: count,
        shapes: z.array(z.tuple([z.array(label).max(pathLimits.children), count.min(1)])).max(pathLimits.shapes),
        labels: z.array(z.tuple([label, count.min(1)])).max(pathLimits.labels),
      }),
    )
    .max(pathLimits.operations),
});

/** JSON; equal counts give equal bytes. */
export function encodePathCounts(counts: PathCounts): Uint8Array {
  const table = new Map<string, number>();
  const number = (text: string): number => {
    let i = table.get(text);
    if (i === undefined) table.set(text, (i = table.size));
    return i;
  };
  const operations = [...counts].map(([key, { traces, rest, kinds, shapes, labels }]) => ({
    key,
    traces,
    rest,
    kinds,
    shapes: [...shapes].map(([shape, n]) => [shapeLabels(shape).map(number), n]),
    labels: [...labels].map(([text, n]) => [number(text), n]),
  }));
  return Buffer.from(JSON.stringify({ schema: 1, labels: [...table.keys()], operations }));
}

/** @throws {z.ZodError | SyntaxError | RangeError} when the bytes are no counts, or some that cannot have been counted */
export function decodePathCounts(bytes: Uint8Array): PathCounts {
  const parsed = pathsJson.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  const text = (i: number): string => {
    const found = parsed.labels[i];
    if (found === undefined) throw new RangeError(`there is no label ${i}`);
    return found;
  };
  return new Map(
    parsed.operations.map(({ key, traces, rest, kinds, ...operation }) => {
      const shapes = new Map(operation.shapes.map(([of, n]) => [shapeKey(of.map(text)), n]));
      const labels = new Map(operation.labels.map(([of, n]) => [text(of), n]));
      const counted = [...shapes.values()].reduce((sum, n) => sum + n, rest);
      if (counted !== traces || kinds < shapes.size || [...labels.values()].some((n) => n > traces)) {
        throw new RangeError(`counts of ${JSON.stringify(key.slice(0, 200))} do not add up`);
      }
      return [key, { traces, rest, kinds, shapes, labels }];
    }),
  );
}
