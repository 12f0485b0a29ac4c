import type { ClientName } from './clients';
import type { ToolsHome } from './home';

/** Something the real-server tests need that `npm ci` does not bring. */
export interface Tool {
  /** Short name, unique; also the name of its log and stamp. */
  readonly name: string;
  readonly version: string;
  /** Package clients and programs without which it cannot be installed or run. */
  readonly clients: readonly ClientName[];
  /** Files below `tools/pins` that decide what is installed. */
  readonly pins: readonly string[];
  /** Everything else that decides it, such as compiler flags. */
  readonly recipe: readonly string[];
  /** What must exist afterwards, relative to the tools' home. */
  readonly outputs: readonly string[];
  /** Cold installation on two cores, for the progress line. */
  readonly estimate: string;
  /** True for what no test needs: it is installed only when it is named. */
  readonly onDemand?: boolean;
  /** Installs into the home; a failure rejects, and leaves what was installed before in place. */
  install(workshop: Workshop): Promise<void>;
}

/** What an installation works with. */
export interface Workshop {
  readonly home: ToolsHome;
  /** An empty folder on the same file system as the home, removed afterwards. */
  readonly scratch: string;
  /**
   * Runs a program, its output going to the tool's log.
   *
   * @throws {CommandFailedError} when it cannot be started or exits with anything but 0
   */
  readonly run: (command: string, args: readonly string[], options?: RunOptions) => Promise<void>;
}

export interface RunOptions {
  /** @default - the scratch folder */
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}
