import { setTimeout as sleep } from 'node:timers/promises';
import { VerifyError } from '../verify/check';
import type { ClusterApi } from '../verify/cluster/api';
import type { RenderedEnvironment } from '../verify/rendered';
import type { Progress } from '../output/progress';
import { judge, type Judgement } from './judge';
import { namespacesOf, readState } from './state';

/** How often the cluster is looked at, milliseconds. */
const everyMs = 1_500;
/** Something that hangs for so long for the same reason is told, milliseconds. */
const hangsAfterMs = 15_000;
/** Where nothing can be redrawn, it is said so often how far it is, milliseconds. */
const saidEveryMs = 30_000;

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly progress: Pick<Progress, 'busy' | 'note'>;
}

/**
 * Waits until workloads are available, Jobs complete and claims bound; says once of each what hangs, and why. Ends early when
 * something has failed that waiting does not mend.
 *
 * @returns how far it came; nothing is pending when all is well
 * @throws {VerifyError} if the cluster could not be looked at in the end
 */
export async function waitUntilReady(
  api: ClusterApi,
  rendered: RenderedEnvironment,
  { timeoutMs, signal, progress }: WaitOptions,
): Promise<Judgement> {
  const namespaces = namespacesOf(rendered);
  const deadline = performance.now() + timeoutMs;
  const hanging = new Hanging();
  let saidAt = performance.now();
  for (;;) {
    const isLast = performance.now() >= deadline;
    const judgement = await look(api, namespaces, rendered, isLast);
    if (judgement !== undefined) {
      const { done, total, pending } = judgement;
      if (pending.length === 0 || isLast || pending.some(({ isFailed }) => isFailed)) return judgement;
      for (const text of hanging.told(judgement, performance.now())) progress.note(text);
      const [first] = pending;
      const text = `${done} of ${total} ready`;
      progress.busy(first === undefined ? text : `${text}; ${first.what} ${first.why}`.slice(0, 110));
      if (performance.now() - saidAt >= saidEveryMs) {
        progress.note(`${text}, waiting`);
        saidAt = performance.now();
      }
    }
    await sleep(Math.max(0, Math.min(everyMs, deadline - performance.now())), undefined, { signal });
  }
}

/** An API server that is away for a moment, as while its own node restarts, is asked again. */
async function look(
  api: ClusterApi,
  namespaces: readonly string[],
  rendered: RenderedEnvironment,
  isLast: boolean,
): Promise<Judgement | undefined> {
  try {
    return judge(rendered, await readState(api, namespaces));
  } catch (error) {
    if (isLast || !(error instanceof VerifyError)) throw error;
    return undefined;
  }
}

/** Remembers since when something hangs, and what was told. */
export class Hanging {
  private readonly since = new Map<string, number>();
  private readonly said = new Set<string>();

  /** What hangs for a while by now and was not told with this reason. */
  told({ pending }: Judgement, nowMs: number): readonly string[] {
    const texts = pending.map(({ what, why }) => `${what}: ${why}`);
    for (const text of this.since.keys()) if (!texts.includes(text)) this.since.delete(text);
    return texts.filter((text) => {
      const since = this.since.get(text) ?? nowMs;
      this.since.set(text, since);
      if (nowMs - since < hangsAfterMs || this.said.has(text)) return false;
      this.said.add(text);
      return true;
    });
  }
}
