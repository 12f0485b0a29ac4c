import type { Exemplar } from '@plumbline/wire';
import { worstFirst, type AnomalousTrace } from './anomalous-trace';

/** Traces that are remembered of an incident, and published. */
const mostRemembered = 1000;
const mostPublished = 20;

/** Anomalous traces since the start of an incident, the worst of them; which of them belong to it may be known only later. */
export class Exemplars {
  private readonly verdicts = new Map<string, AnomalousTrace>();

  /** Keeps the newest verdict on each trace. */
  add(verdicts: readonly AnomalousTrace[]): void {
    for (const verdict of verdicts) {
      const known = this.verdicts.get(verdict.traceId);
      if (known === undefined || known.revision < verdict.revision) this.verdicts.set(verdict.traceId, verdict);
    }
    if (this.verdicts.size <= mostRemembered) return;
    for (const { traceId } of [...this.verdicts.values()].sort(worstFirst).slice(mostRemembered)) {
      this.verdicts.delete(traceId);
    }
  }

  /** AnomalousTraces on traces through any of the services. */
  through(services: ReadonlySet<string>): AnomalousTrace[] {
    return [...this.verdicts.values()].filter(
      ({ withdrawn, services: present }) => withdrawn !== true && present.some((service) => services.has(service)),
    );
  }

  /** Those to publish: first those in which the cause itself stands out, then the others, worst first. */
  publish(services: ReadonlySet<string>, cause: string | undefined): Exemplar[] {
    const shows = ({ suspects }: AnomalousTrace): number => (suspects.some((service) => service === cause) ? 1 : 0);
    return this.through(services)
      .sort((a, b) => shows(b) - shows(a) || worstFirst(a, b))
      .slice(0, mostPublished)
      .map(({ traceId, entryService, entryOperation, eventTimeMs, durationMs, score, failed, object }) => ({
        traceId,
        entryService,
        entryOperation,
        eventTimeMs,
        durationMs,
        score,
        failed,
        ...(object === undefined ? {} : { object }),
      }));
  }
}
