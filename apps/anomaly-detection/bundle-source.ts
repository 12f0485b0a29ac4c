import { currentProfileKey } from '@plumbline/contracts';
import { BundleReader, type Bundle, type PointerEntry } from '@plumbline/wire';
import { type Log, messageOf, type ObjectStore, silentLog } from '@plumbline/worker';
import type { Activation } from './judge';
import { ProfileScorer } from './profile-scorer';

export interface BundleSourceOptions {
  /** Time between two looks at the pointer, milliseconds. */
  readonly pollMs: number;
  readonly log?: Log;
}

/** State of the source, for `/model` and metrics. */
export interface BundleSourceStatus {
  readonly bundles: readonly {
    readonly version: string;
    readonly effectiveFromMs: number;
    readonly learntThroughMs: number;
    readonly traces: number;
    readonly operations: number;
    /** Operations seen too seldom to judge. */
    readonly abstaining: number;
  }[];
  /** Bundles that were refused, and why. */
  readonly refused: Readonly<Record<string, string>>;
  /** Why the last look failed, absent when it did not. */
  readonly error?: string;
}

/**
 * The bundles whose time may still come. Looks at the pointer in the model store now and then, and can be told. What fails
 * to load is passed over: detection goes on with what it has. Roll-back needs nothing here: a pointer may name an older
 * version again, with a later time.
 */
export class BundleSource {
  private activations: readonly Activation[] = [];
  private readonly loaded = new Map<string, { readonly bundle: Bundle; readonly scorer: ProfileScorer }>();
  private readonly reader: BundleReader;
  private readonly log: Log;
  private lastLookMs = -Infinity;
  private error: string | undefined;

  constructor(
    models: ObjectStore,
    private readonly options: BundleSourceOptions,
  ) {
    this.log = options.log ?? silentLog;
    this.reader = new BundleReader(models, ({ version, key }, reason) => {
      this.log.warn({ version, key, reason }, 'bundle was not loaded; the one before it goes on judging');
    });
  }

  /** The bundle with the greatest effective time not after the event time; `undefined` when there is none. */
  at(eventTimeMs: number): Activation | undefined {
    return this.activations.findLast(({ effectiveFromMs }) => effectiveFromMs <= eventTimeMs);
  }

  /** Bundles by rising effective time. */
  get all(): readonly Activation[] {
    return this.activations;
  }

  /** Looks at the pointer if that is due. Never throws. */
  async poll(nowMs: number): Promise<void> {
    if (nowMs - this.lastLookMs < this.options.pollMs) return;
    this.lastLookMs = nowMs;
    await this.refresh();
  }

  /** Looks at the pointer now. Never throws: a store that cannot be reached leaves everything as it was. */
  async refresh(): Promise<void> {
    try {
      const entries = await this.reader.read(
        (version) => this.loaded.has(version),
        (bundle, { version }) => this.keep(version, bundle),
      );
      if (entries !== undefined) this.activate(entries);
      this.error = undefined;
    } catch (error) {
      const reason = messageOf(error);
      // Once: it is looked up every few seconds.
      if (reason !== this.error)
        this.log.warn({ key: currentProfileKey, reason }, 'bundles could not be looked up; judging goes on');
      this.error = reason;
    }
  }

  /** Takes a bundle of this process before the pointer says so. */
  announce(entry: PointerEntry, bundle: Bundle): void {
    this.keep(entry.version, bundle);
    const entries = this.activations.map((activation) => ({
      version: activation.bundle.version,
      effectiveFromMs: activation.effectiveFromMs,
    }));
    const known = entries.some((e) => e.version === entry.version && e.effectiveFromMs === entry.effectiveFromMs);
    if (!known) this.activate([...entries, entry]);
  }

  status(): BundleSourceStatus {
    return {
      bundles: this.activations.map(({ bundle, effectiveFromMs }) => {
        const profile = this.loaded.get(bundle.version)?.scorer.profile;
        return {
          version: bundle.version,
          effectiveFromMs,
          learntThroughMs: bundle.learnt.throughMs,
          traces: bundle.learnt.traces,
          operations: profile?.operations.size ?? 0,
          abstaining: profile?.abstaining ?? 0,
        };
      }),
      refused: Object.fromEntries(this.reader.refused),
      ...(this.error === undefined ? {} : { error: this.error }),
    };
  }

  private keep(version: string, bundle: Bundle): void {
    if (this.loaded.has(version)) return;
    const scorer = new ProfileScorer(bundle);
    this.loaded.set(version, { bundle, scorer });
    const { operations, abstaining } = scorer.profile;
    this.log.info({ version, operations: operations.size, abstaining }, 'bundle loaded');
  }

  private activate(entries: readonly Pick<PointerEntry, 'version' | 'effectiveFromMs'>[]): void {
    const next: Activation[] = [];
    for (const { version, effectiveFromMs } of entries) {
      const bundle = this.loaded.get(version);
      if (bundle === undefined) continue;
      // The same object while it is the same, so that traces judged by it stay in one scoring call.
      const same = this.activations.find((a) => a.bundle === bundle.bundle && a.effectiveFromMs === effectiveFromMs);
      next.push(same ?? { effectiveFromMs, ...bundle });
    }
    this.activations = next.sort((a, b) => a.effectiveFromMs - b.effectiveFromMs);
    const named = new Set(entries.map(({ version }) => version));
    for (const version of this.loaded.keys()) if (!named.has(version)) this.loaded.delete(version);
  }
}
