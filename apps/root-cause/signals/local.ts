import { quantile, type StatsTable } from '@plumbline/wire';

const clientKind = 3;

/** Traces and spans of one service that stand out, for the spectrum. */
interface Spectrum {
  /** Spans with a finding of their own, in anomalous traces. */
  readonly suspects: number;
  /** Spans with improbable self time in traces that are not anomalous. */
  readonly elsewhere: number;
}

/**
 * Ochiai's coefficient by service, between 0 and 1: how well "something is wrong at this service" coincides with "the
 * trace is anomalous", ef/√((ef+nf)(ef+ep)) (Abreu et al. 2007). Suspects are spans, so they count at most once a trace.
 */
export function ochiai(now: StatsTable): ReadonlyMap<string, number> {
  let anomalous = 0;
  for (const row of now.entries.values()) anomalous += row.anomalous;
  const spectra = new Map<string, Spectrum>();
  for (const row of now.operations.values()) {
    const { suspects, elsewhere } = spectra.get(row.service) ?? { suspects: 0, elsewhere: 0 };
    spectra.set(row.service, {
      suspects: suspects + row.suspects,
      elsewhere: elsewhere + Math.max(0, row.exceeding - row.suspects),
    });
  }
  return new Map(
    [...spectra].map(([service, { suspects, elsewhere }]) => {
      const ef = Math.min(suspects, anomalous);
      const denominator = Math.sqrt(anomalous * (ef + elsewhere));
      return [service, denominator > 0 ? ef / denominator : 0];
    }),
  );
}

/** Median self time that counts as grown. */
const grownBy = 1.2;
const leastSupport = 10;

/** Growth of a service's own time over all of its operations. */
export interface Growth {
  /** Mean of ln(median self now / before), each operation alike, shrunk towards 0 as by two operations without change. */
  readonly log: number;
  /** Share of its operations that grew by a fifth and more. */
  readonly breadth: number;
  readonly operations: number;
}

/** A starved process is slow in everything it does; slow code in one operation. */
export function growthOfOwnTime(now: StatsTable, before: StatsTable): ReadonlyMap<string, Growth> {
  const sums = new Map<string, { log: number; grown: number; operations: number }>();
  for (const [key, row] of now.operations) {
    const normal = before.operations.get(key);
    if (row.kind === clientKind || normal === undefined) continue;
    if (row.all.count < leastSupport || normal.all.count < leastSupport) continue;
    const ratio = Math.max(quantile(row.all.self, 0.5), 0.01) / Math.max(quantile(normal.all.self, 0.5), 0.01);
    const sum = sums.get(row.service) ?? { log: 0, grown: 0, operations: 0 };
    sums.set(row.service, {
      log: sum.log + Math.log(ratio),
      grown: sum.grown + (ratio >= grownBy ? 1 : 0),
      operations: sum.operations + 1,
    });
  }
  return new Map(
    [...sums].map(([service, { log, grown, operations }]) => [
      service,
      { log: log / (operations + 2), breadth: grown / operations, operations },
    ]),
  );
}
