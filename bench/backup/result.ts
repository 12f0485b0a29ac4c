import { join } from 'node:path';
import { z } from 'zod';

/** Where results lie in the repository. */
export const backupFile = join('bench', 'results', 'backup.json');

/** What is copied and brought back, each by itself. */
export const works = ['large objects', 'small objects', 'topics', 'databases'] as const;
export type Work = (typeof works)[number];

/** A first copy, another one when nothing changed, and the way back into what is empty. */
export const ways = ['backup', 'unchanged', 'restore'] as const;
export type Way = (typeof ways)[number];

const measurement = z.object({
  work: z.enum(works),
  way: z.enum(ways),
  /** Median of the rounds. */
  seconds: z.number().positive(),
  rounds: z.array(z.number().positive()).min(1),
  /** Greatest of the rounds: of `plumbline`, without `pg_dump` and `pg_restore`. */
  peakRssBytes: z.number().positive(),
});
export type BackupMeasurement = z.infer<typeof measurement>;

/** A run of the benchmark. */
export const backupSchema = z.object({
  command: z.string(),
  node: z.string(),
  cpu: z.string(),
  cpus: z.int(),
  /** Processes that wanted a CPU before it began, for each CPU: beyond some 0.2 others were at work, too. */
  loadPerCpu: z.number(),
  /** What was copied: bytes of large objects, how many small ones, records, and bytes of tables. */
  amounts: z.object({
    largeBytes: z.int(),
    largeObjectBytes: z.int(),
    smallObjects: z.int(),
    smallObjectBytes: z.int(),
    records: z.int(),
    recordBytes: z.int(),
    databaseBytes: z.int(),
  }),
  measurements: z.array(measurement),
});
export type BackupResult = z.infer<typeof backupSchema>;

/** The unit that people reckon with: so many of them were copied. */
export const units: Readonly<Record<Work, { readonly name: string; of(amounts: BackupResult['amounts']): number }>> = {
  'large objects': { name: 'GB', of: ({ largeBytes }) => largeBytes / 1e9 },
  'small objects': { name: '1,000 objects', of: ({ smallObjects }) => smallObjects / 1_000 },
  topics: { name: '100,000 records', of: ({ records }) => records / 100_000 },
  databases: { name: 'GB', of: ({ databaseBytes }) => databaseBytes / 1e9 },
};

/** @throws {RangeError} if it was not measured */
export function measuredOf({ measurements }: BackupResult, work: Work, way: Way): BackupMeasurement {
  const found = measurements.find((each) => each.work === work && each.way === way);
  if (found === undefined) throw new RangeError(`${way} of ${work} was not measured`);
  return found;
}

/** Seconds for a unit of {@link units}. */
export function secondsPerUnit(result: BackupResult, work: Work, way: Way): number {
  return measuredOf(result, work, way).seconds / units[work].of(result.amounts);
}
