import { ConfigFile } from './config-file';
import { DuplicateNameError } from './errors';
import type { RuleGroup } from './rule-groups';
import type { Workload } from './workload';

/** What {@link RuleFiles} are. */
export interface RuleFilesOptions {
  /** Folder that they are mounted at: none that is within another mount. */
  readonly folder: string;
  /** What a component has one file of, for errors: `rules of`. */
  readonly what: string;
}

/** Rules that a server evaluates: a file for each component, which it reads again when they change. Without any, nothing is mounted. */
export class RuleFiles {
  private readonly files: ConfigFile[] = [];

  constructor(
    private readonly server: Workload,
    private readonly options: RuleFilesOptions,
  ) {}

  get isEmpty(): boolean {
    return this.files.length === 0;
  }

  /**
   * Adds those of a component, if there are any.
   *
   * @throws {DuplicateNameError} if there are some of a component of that name
   */
  add(component: string, groups: readonly RuleGroup[]): void {
    if (groups.length === 0) return;
    const { folder, what } = this.options;
    const name = `${component}.yml`;
    if (this.files.some((file) => file.name === name))
      throw new DuplicateNameError(what, component, this.server.node.path);
    if (this.isEmpty) this.server.mount(this.server.addConfig('rules', this.files, { reload: true }), folder);
    this.files.push(ConfigFile.yaml(name, () => ({ groups })));
  }
}
