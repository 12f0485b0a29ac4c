import type { Decision, Role } from './decision';
import type { VersionState } from './served';
import type { LoggedMetric, RegisteredVersion } from './version';

/** What a registry holds at a moment. */
export interface RegistryContents {
  /** By rising time of registration. */
  readonly versions: readonly RegisteredVersion[];
  /** In the order in which they were made. */
  readonly decisions: readonly Decision[];
  /** Versions that somebody disapproved of by hand, and how. */
  readonly disapproved: ReadonlyMap<string, string>;
  /** What others see of who serves, where that is kept apart from decisions. */
  readonly aliases?: ReadonlyMap<Role, string>;
  /** What could not be understood and was passed over, a sentence each. */
  readonly problems: readonly string[];
  /**
   * Adds a decision that was made in view of these contents.
   *
   * @returns `false` where others decided meanwhile, and nothing was added
   */
  append(decision: Decision): Promise<boolean>;
}

/** What others are to see of decisions. */
export interface Shown {
  readonly serving: ReadonlyMap<Role, string>;
  readonly states: ReadonlyMap<string, VersionState>;
}

/** Where a registry keeps what it knows. Its methods throw `RegistryError`, or `ObjectStoreError`. */
export interface RegistryBackend {
  /** Where that is, for messages: no secret in it. */
  readonly place: string;
  /** Everything; nothing where nothing was registered yet. */
  read(): Promise<RegistryContents>;
  /** Adds a version. Safe to repeat, and with any number of writers: the first of a name stays. */
  add(version: RegisteredVersion): Promise<void>;
  /** Lets others see who serves; safe to repeat. */
  show(shown: Shown): Promise<void>;
  /** Keeps numbers of a version's serving; safe to repeat. */
  log(version: RegisteredVersion, metrics: Readonly<Record<string, number>>, atMs: number): Promise<void>;
  /** The newest of them by name. */
  logged(version: RegisteredVersion): Promise<Readonly<Record<string, LoggedMetric>>>;
}
