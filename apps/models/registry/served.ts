import type { Approval, Role } from './decision';
import type { RegisteredVersion } from './version';

/** A version that is approved and served, and what is needed to load it. */
export interface ServedVersion {
  readonly version: string;
  /** Folder of its files, `s3://…/trace-anomaly/version_X/`. */
  readonly source: string;
  /** What its manifest must hash to, SHA-256. */
  readonly manifestSha256: string;
  readonly featureSchema: string;
  /** Version of the profile that its features were measured against. */
  readonly profile: string;
  /** Whether its scores may decide, as its manifest says. */
  readonly decides: boolean;
  /** Event time from which it has its role. */
  readonly effectiveFromMs: number;
}

export interface ServedChallenger extends ServedVersion {
  /** Of traces that it judges, between 0 and 1. */
  readonly share: number;
}

/** From an event time on; without a version nobody has the role, and the profile decides alone. */
export interface Activation<Version extends ServedVersion = ServedVersion> {
  readonly effectiveFromMs: number;
  readonly version?: Version;
}

/** Who serves. Only approved versions are in it. */
export interface Served {
  /** Who was named last; it may become effective yet. */
  readonly champion?: ServedVersion;
  readonly challenger?: ServedChallenger;
  /** Who has each role from when on, by rising event time, the last 16: for {@link servedAt}. */
  readonly timeline: {
    readonly champion: readonly Activation[];
    readonly challenger: readonly Activation<ServedChallenger>[];
  };
  /** What the registry says that could not be understood and was passed over, or is out of step. */
  readonly problems: readonly string[];
}

/** Who judges a trace of this event time, whenever it is asked: live, after a restart, or in a replay. */
export function servedAt(
  { timeline }: Pick<Served, 'timeline'>,
  eventTimeMs: number,
): { readonly champion?: ServedVersion; readonly challenger?: ServedChallenger } {
  const champion = timeline.champion.findLast(({ effectiveFromMs }) => effectiveFromMs <= eventTimeMs)?.version;
  const challenger = timeline.challenger.findLast(({ effectiveFromMs }) => effectiveFromMs <= eventTimeMs)?.version;
  return { ...(champion && { champion }), ...(challenger && { challenger }) };
}

/** What has become of a version. */
export type VersionState = 'registered' | 'approved' | 'rolled back' | 'disapproved';

/** A version as it is listed. */
export interface ListedVersion extends RegisteredVersion {
  readonly state: VersionState;
  readonly aliases: readonly Role[];
  /** Its last approval. */
  readonly approval?: Readonly<Omit<Approval, 'kind' | 'id' | 'version'>>;
}
