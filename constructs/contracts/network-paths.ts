/** What `plumbline paths` measures: the JSON file that {@link networkPathsKeys} names. */
export interface NetworkPathsFile {
  readonly targets: readonly NetworkPathTarget[];
  /** From one measurement of a target to its next. */
  readonly intervalSeconds: number;
  /** Packets to each hop in one measurement, a second apart. */
  readonly packets: number;
  /** How far a path is followed. */
  readonly maxHops: number;
  /** How many targets are measured at once. */
  readonly concurrency: number;
}

/** A target as series, page and log name it. */
export interface NetworkPathTarget {
  readonly name: string;
  /** An address, or a name of DNS. */
  readonly host: string;
  readonly region?: string;
  readonly site?: string;
  readonly provider?: string;
  readonly link?: string;
}

/** Variables that the manifest sets. */
export const networkPathsKeys = {
  /** A {@link NetworkPathsFile}. */
  file: 'NETWORK_PATHS_FILE',
  /** Port of the page. */
  port: 'NETWORK_PATHS_PORT',
  /** Folder with `bin/mtr`, `bin/mtr-packet` and their libraries in `lib`. @default - `mtr` of the system */
  mtrHome: 'MTR_HOME',
} as const;

/** Where the worker image has mtr. */
export const imageMtrHome = '/app/mtr';

/** How long mtr waits for answers to its last packets. */
export const mtrGraceSeconds = 3;
/** What starting and ending it may take on top, on a busy node. */
const mtrSlackSeconds = 7;

/** The longest that one measurement may take: then it is ended. */
export function measurementSeconds(packets: number): number {
  return packets + mtrGraceSeconds + mtrSlackSeconds;
}
