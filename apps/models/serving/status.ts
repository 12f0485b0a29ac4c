import type { Role } from '../registry/decision';
import type { Activation, ListedVersion, ServedChallenger, ServedVersion } from '../registry/served';
import type { LoadedVersion } from './loaded-version';

/** Who has a role from when on, and why. */
export interface ServedVersionStatus {
  readonly role: Role;
  /** Event time, milliseconds since the epoch. */
  readonly effectiveFromMs: number;
  /** Absent where nobody has the role from then on. */
  readonly version?: string;
  readonly share?: number;
  /** It is in memory; what is not is refused, or so long ago that its traces come no more. */
  readonly isLoaded?: boolean;
  readonly decides?: boolean;
  readonly featureSchema?: string;
  /** Version of the profile that it was trained beside. */
  readonly profile?: string;
  readonly approval?: { readonly by: string; readonly atMs: number; readonly despite?: string };
}

/** State of the source, for `/model`. */
export interface ModelSourceStatus {
  readonly versions: readonly ServedVersionStatus[];
  /** Approved versions that are not used, and why. */
  readonly refused: Readonly<Record<string, { readonly kind: string; readonly reason: string }>>;
  /** What is out of order in the registry. */
  readonly problems: readonly string[];
  /** Why comparisons of versions are not in the registry. */
  readonly comparisonsNotLogged?: string;
  /** When the registry last answered, milliseconds since the epoch. */
  readonly answeredMs?: number;
  /** Why the last look failed, absent when it did not. */
  readonly error?: string;
}

export function versionStatus(
  role: Role,
  { effectiveFromMs, version }: Activation<ServedVersion | ServedChallenger>,
  loaded: ReadonlyMap<string, LoadedVersion>,
  listed: ReadonlyMap<string, ListedVersion>,
): ServedVersionStatus {
  if (version === undefined) return { role, effectiveFromMs };
  const approval = listed.get(version.version)?.approval;
  const { featureSchema, profile, decides } = version;
  return {
    role,
    effectiveFromMs,
    version: version.version,
    ...('share' in version && { share: version.share }),
    isLoaded: loaded.has(version.version),
    decides,
    featureSchema,
    profile,
    ...(approval && {
      approval: {
        by: approval.by,
        atMs: approval.atMs,
        ...(approval.despite !== undefined && { despite: approval.despite }),
      },
    }),
  };
}
