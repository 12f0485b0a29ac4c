import { currentProfileKey } from '@plumbline/contracts';
import { BundleError, bundlePointerSchema, decodeBundle, type Bundle, type PointerEntry } from './bundle';
import type { ReadOptions } from './stats-codec';

/** The part of an object store that is needed to read. */
export interface BundleObjects {
  /** `undefined` when there is no such object. */
  get(key: string): Promise<Uint8Array | undefined>;
}

/** Reads the bundles that the pointer in the model store names, each once. */
export class BundleReader {
  /** Versions named by the pointer that could not be read, and why. */
  readonly refused = new Map<string, string>();
  /** Of these, the ones that are there and wrong: they stay so. Anything else may be there next time. */
  private readonly wrong = new Set<string>();

  /**
   * @param onRefused told of each bundle that was not read, every time it was tried
   * @param options how their profiles are read
   */
  constructor(
    private readonly models: BundleObjects,
    private readonly onRefused: (entry: PointerEntry, reason: string) => void,
    private readonly options?: ReadOptions,
  ) {}

  /**
   * Looks at the pointer.
   *
   * @param has whether an entry is known, or needs not be read; also given the entries after it
   * @param keep given every other bundle that could be read
   * @returns what the pointer names, `undefined` while there is none
   * @throws what the store throws, or an error of JSON or of its schema, when the pointer cannot be read
   */
  async read(
    has: (version: string, later: readonly PointerEntry[]) => boolean,
    keep: (bundle: Bundle, entry: PointerEntry) => void,
  ): Promise<readonly PointerEntry[] | undefined> {
    const bytes = await this.models.get(currentProfileKey);
    if (bytes === undefined) return undefined;
    const { bundles } = bundlePointerSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    this.forgetAllBut(bundles);
    for (const [i, entry] of bundles.entries()) {
      if (has(entry.version, bundles.slice(i + 1)) || this.wrong.has(entry.version)) continue;
      const bundle = await this.load(entry);
      if (bundle !== undefined) keep(bundle, entry);
    }
    return bundles;
  }

  private async load(entry: PointerEntry): Promise<Bundle | undefined> {
    const { version, key } = entry;
    try {
      const bytes = await this.models.get(key);
      if (bytes === undefined) throw new Error(`there is no object ${key}`);
      const bundle = decodeBundle(bytes, this.options);
      if (bundle.version !== version) throw new BundleError(`object ${key} is bundle ${bundle.version}`);
      this.refused.delete(version);
      return bundle;
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, 500);
      this.refused.set(version, reason);
      if (error instanceof BundleError) this.wrong.add(version);
      this.onRefused(entry, reason);
      return undefined;
    }
  }

  private forgetAllBut(entries: readonly PointerEntry[]): void {
    const named = new Set(entries.map(({ version }) => version));
    for (const version of this.refused.keys()) if (!named.has(version)) this.refused.delete(version);
    for (const version of this.wrong) if (!named.has(version)) this.wrong.delete(version);
  }
}
