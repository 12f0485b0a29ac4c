import { bundleKey, currentProfileKey } from '@plumbline/contracts';
import {
  BundleError,
  bundlePointerSchema,
  decodeBundle,
  encodeBundle,
  sequenceOf,
  type Bundle,
  type BundlePointer,
  type PointerEntry,
} from '@plumbline/wire';
import type { ObjectStore } from '@plumbline/worker';

/** Bundles that a pointer names. */
const maxBundles = 16;
const attempts = 5;

/** What a restart finds in the store. */
export interface Registered {
  /** The bundle named last, absent when there is none that can be read. */
  readonly bundle?: Bundle;
  /** Number of bundles made so far. */
  readonly sequence: number;
  /** Why the newest bundle cannot be used. */
  readonly refused?: string;
}

/** The pointer changed under several writes in a row. */
export class PointerContentionError extends Error {
  readonly code = 'PLUMBLINE_POINTER_CONTENTION';
  override readonly name = 'PointerContentionError';
}

/** Bundles in the model store: immutable objects, and one pointer to the newest of them. */
export class BundleRegistry {
  constructor(private readonly models: ObjectStore) {}

  /** The newest bundle. @throws what the store throws when it cannot be reached */
  async newest(): Promise<Registered> {
    const { bundles } = await this.read();
    const sequence = bundles.reduce((greatest, { version }) => Math.max(greatest, sequenceOf(version)), 0);
    const last = bundles[bundles.length - 1];
    if (last === undefined) return { sequence };
    const bytes = await this.models.get(last.key);
    if (bytes === undefined) return { sequence, refused: `bundle ${last.version}: there is no object ${last.key}` };
    try {
      return { sequence, bundle: decodeBundle(bytes) };
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      return { sequence, refused: error.message };
    }
  }

  /**
   * Makes a bundle durable, then names it. Safe to repeat.
   *
   * @param after version of the bundle that it was learnt from, which has to be the one that is named
   * @returns `undefined` where another one is named: somebody rolled back
   * @throws {PointerContentionError}
   */
  async publish(bundle: Bundle, after?: string): Promise<PointerEntry | undefined> {
    const key = bundleKey('profile', bundle.version);
    await this.models.put(key, encodeBundle(bundle), {
      contentType: 'application/gzip',
      condition: { ifAbsent: true },
    });
    const entry = { version: bundle.version, key, effectiveFromMs: bundle.effectiveFromMs };
    return (await this.point(entry, after)) ? entry : undefined;
  }

  /**
   * Judges by an older bundle again.
   *
   * @param effectiveFromMs event time from which it holds; later than any trace judged so far
   * @throws {BundleError} when the pointer does not know the version
   */
  async rollBack(version: string, effectiveFromMs: number): Promise<PointerEntry> {
    const { bundles } = await this.read();
    const known = bundles.find((entry) => entry.version === version);
    if (known === undefined) {
      const versions = bundles.map((entry) => entry.version).join(', ') || 'none';
      throw new BundleError(`no bundle ${JSON.stringify(version)} to roll back to; known are ${versions}`);
    }
    const entry = { ...known, effectiveFromMs };
    await this.point(entry);
    return entry;
  }

  private async point(entry: PointerEntry, after?: string): Promise<boolean> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { bundles, etag } = await this.read();
      const same = (e: PointerEntry) => e.version === entry.version && e.effectiveFromMs === entry.effectiveFromMs;
      if (bundles.some(same)) return true;
      const named = bundles.at(-1)?.version;
      if (after !== undefined && named !== undefined && named !== after) return false;
      const pointer: BundlePointer = { schema: 1, bundles: [...bundles, entry].slice(-maxBundles) };
      const condition = etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag };
      const body = Buffer.from(JSON.stringify(pointer));
      if (await this.models.put(currentProfileKey, body, { contentType: 'application/json', condition })) return true;
    }
    throw new PointerContentionError(
      `${currentProfileKey} in bucket ${this.models.bucket} changed under ${attempts} writes in a row; is there a second learner?`,
    );
  }

  /** A pointer that cannot be read is no reason to stop learning; the next bundle writes a new one. */
  private async read(): Promise<{ readonly bundles: readonly PointerEntry[]; readonly etag?: string }> {
    // The etag first: if the pointer changes in between, the write that follows fails and is begun again.
    const info = await this.models.head(currentProfileKey);
    if (info === undefined) return { bundles: [] };
    const bytes = await this.models.get(currentProfileKey);
    const parsed = bundlePointerSchema.safeParse(jsonOf(bytes));
    return { bundles: parsed.success ? parsed.data.bundles : [], etag: info.etag };
  }
}

function jsonOf(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
  } catch {
    return undefined;
  }
}
