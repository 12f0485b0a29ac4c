import type { Role } from '../registry/decision';

/** What a version said of the traces of a while. */
interface Tally {
  traces: number;
  exceeding: number;
  withProfile: number;
  compared: number;
  withOther: number;
  surprise: number;
}

/** One trace, as seen by a version. */
export interface Compared {
  readonly exceeds: boolean;
  /** −ln p. */
  readonly surprise: number;
  readonly profileAnomalous: boolean;
  /** Whether the other version finds it anomalous; absent where there is no other. */
  readonly otherExceeds: boolean | undefined;
}

/** Counts what versions say of the same traces until it is taken, for the registry. */
export class Comparison {
  private tallies = new Map<string, { readonly role: Role; readonly tally: Tally }>();

  add(version: string, role: Role, { exceeds, surprise, profileAnomalous, otherExceeds }: Compared): void {
    let known = this.tallies.get(version);
    if (known?.role !== role) {
      const tally = { traces: 0, exceeding: 0, withProfile: 0, compared: 0, withOther: 0, surprise: 0 };
      this.tallies.set(version, (known = { role, tally }));
    }
    const { tally } = known;
    tally.traces += 1;
    tally.surprise += surprise;
    if (exceeds) tally.exceeding += 1;
    if (exceeds === profileAnomalous) tally.withProfile += 1;
    if (otherExceeds === undefined) return;
    tally.compared += 1;
    if (exceeds === otherExceeds) tally.withOther += 1;
  }

  /** Numbers by version since the last time, by the names under which the registry keeps them. */
  take(): ReadonlyMap<string, Readonly<Record<string, number>>> {
    const taken = this.tallies;
    this.tallies = new Map();
    return new Map(
      [...taken].map(([version, { tally }]) => [
        version,
        {
          'serving.traces': tally.traces,
          'serving.exceeding_share': tally.exceeding / tally.traces,
          'serving.agreement_with_profile': tally.withProfile / tally.traces,
          'serving.mean_surprise': tally.surprise / tally.traces,
          ...(tally.compared === 0 ? {} : { 'serving.agreement_with_other': tally.withOther / tally.compared }),
        },
      ]),
    );
  }
}
