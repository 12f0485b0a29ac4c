import { ConfigFile } from './config-file';
import { DuplicateNameError } from './errors';
import type { RuleGroup } from './rule-groups';
import type { Volume } from './volume';
import type { Workload } from './workload';

/** What {@link RuleFiles} are. */
export interface RuleFilesOptions {
  /** Folder that they are mounted at: none that is within another mount. */
  readonly folder: string;
  /** What a component has one file of, for errors: `rules of`. */
  readonly what: string;
}

/** Of rules in one ConfigMap, as JSON; as YAML they are an eighth more. A client that applies keeps a copy of it in an annotation of at most 256 KiB. */
const mostCharacters = 110_000;

/**
 * Rules that a server evaluates: a file for each component, which it reads again when they change, in as many ConfigMaps as they need. Without
 * any, nothing is mounted.
 */
export class RuleFiles {
  private readonly names = new Set<string>();
  private volume: Volume | undefined;
  /** Of the newest ConfigMap. */
  private files: ConfigFile[] = [];
  private parts = 0;
  private characters = 0;

  constructor(
    private readonly server: Workload,
    private readonly options: RuleFilesOptions,
  ) {}

  get isEmpty(): boolean {
    return this.names.size === 0;
  }

  /**
   * Adds those of a component, if there are any.
   *
   * @throws {DuplicateNameError} if there are some of a component of that name
   */
  add(component: string, groups: readonly RuleGroup[]): void {
    if (groups.length === 0) return;
    if (this.names.has(component)) throw new DuplicateNameError(this.options.what, component, this.server.node.path);
    this.names.add(component);
    const { length } = JSON.stringify(groups);
    this.characters += length;
    if (this.volume === undefined || this.characters > mostCharacters) {
      this.begin();
      this.characters = length;
    }
    this.files.push(ConfigFile.yaml(`${component}.yml`, () => ({ groups })));
  }

  private begin(): void {
    const { server } = this;
    this.files = [];
    this.parts += 1;
    if (this.volume !== undefined) {
      server.extendConfig(this.volume, `rules-${this.parts}`, this.files);
      return;
    }
    this.volume = server.addConfig('rules', this.files, { reload: true });
    server.mount(this.volume, this.options.folder);
  }
}
