import { messageOf, ObjectStoreError, type Log } from '@plumbline/worker';
import { RegistryError } from '../registry/errors';
import type { ModelRegistry } from '../registry/model-registry';
import type { Comparison } from './comparison';
import type { LearnedMetrics } from './metrics';

const everyMs = 60_000;
/** After it was denied; somebody may permit it meanwhile. */
const deniedForMs = 60 * 60_000;

/**
 * Puts down in the registry, once a minute, how versions compare. Nobody waits for it. A worker that may read models and not write
 * them is told so once an hour, and goes on without: the same numbers are in its metrics.
 */
export class RegistryLog {
  /** Why the last time failed; absent when it did not. */
  problem: string | undefined;
  private nextMs = -Infinity;
  private logging: Promise<void> | undefined;

  constructor(
    private readonly registry: Pick<ModelRegistry, 'logMetrics'>,
    private readonly comparison: Comparison,
    private readonly metrics: LearnedMetrics,
    private readonly logger: Log,
  ) {}

  /** Begins to log if that is due. Never throws. */
  log(nowMs: number): void {
    if (nowMs < this.nextMs || this.logging !== undefined) return;
    // The first minute begins here.
    const isFirst = this.nextMs === -Infinity;
    this.nextMs = nowMs + everyMs;
    if (isFirst) return;
    this.logging = this.logAll(nowMs).finally(() => (this.logging = undefined));
  }

  /** Resolves when nothing is being logged. */
  async settled(): Promise<void> {
    await this.logging;
  }

  private async logAll(nowMs: number): Promise<void> {
    for (const [version, numbers] of this.comparison.take()) {
      try {
        await this.registry.logMetrics(version, numbers, nowMs);
        this.problem = undefined;
      } catch (error) {
        this.metrics.unlogged.inc();
        this.problem = messageOf(error);
        this.logger.warn(
          { version, reason: this.problem },
          'how versions compare could not be put down; metrics have it',
        );
        if (isDenied(error)) {
          this.nextMs = nowMs + deniedForMs;
          return;
        }
      }
    }
  }
}

function isDenied(error: unknown): boolean {
  if (error instanceof ObjectStoreError) return error.code === 'PLUMBLINE_OBJECT_DENIED';
  return error instanceof RegistryError && error.code === 'PLUMBLINE_REGISTRY_DENIED';
}
