import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Whose traces a version scored: those that it judges, or those of the other version, in whose shadow it is. */
export const parts = ['judges', 'compares'] as const;
export type Part = (typeof parts)[number];

/** With whom a version is compared. */
export const others = ['profile', 'champion', 'challenger'] as const;
export type Other = (typeof others)[number];

/** What two say of a trace. */
export const agreements = ['both', 'neither', 'only-it', 'only-other'] as const;
export type Agreement = (typeof agreements)[number];

/** Why a version is refused: see `reasonOf`. */
export const refusals = ['hash', 'features', 'content', 'absent', 'backtest', 'unavailable'] as const;
export type Refusal = (typeof refusals)[number];

/** What serving counts; names as on `/metrics`. Versions that are served no more lose their series. */
export class LearnedMetrics {
  readonly traces: Counter<'version' | 'role' | 'part'>;
  readonly exceeding: Counter<'version' | 'role' | 'part'>;
  readonly decided: Counter<'version' | 'role'>;
  readonly agreement: Counter<'version' | 'role' | 'with' | 'result'>;
  readonly surprise: Histogram<'version' | 'role'>;
  readonly inference: Histogram<'version'>;
  readonly failures: Counter<'version'>;
  readonly effectiveFrom: Gauge<'version' | 'role'>;
  readonly decides: Gauge<'version' | 'role'>;
  readonly refused: Gauge<'reason'>;
  readonly loaded: Gauge;
  readonly registryAnswered: Gauge;
  readonly unlogged: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.traces = new Counter({
      name: 'plumbline_learned_traces_total',
      help: 'Traces scored by a version of the learned models: those that it judges, and those of the other version',
      labelNames: ['version', 'role', 'part'],
      registers,
    });
    this.exceeding = new Counter({
      name: 'plumbline_learned_exceeding_total',
      help: 'Of these, traces whose p is at most the alarm rate of the version',
      labelNames: ['version', 'role', 'part'],
      registers,
    });
    this.decided = new Counter({
      name: 'plumbline_learned_decided_total',
      help: 'Traces that are anomalous because of the version alone',
      labelNames: ['version', 'role'],
      registers,
    });
    this.agreement = new Counter({
      name: 'plumbline_learned_agreement_total',
      help: 'Traces by who finds them anomalous: the version (it), and the profile or the other version (other)',
      labelNames: ['version', 'role', 'with', 'result'],
      registers,
    });
    this.surprise = new Histogram({
      name: 'plumbline_learned_surprise',
      help: 'Scores of traces, −ln p: 4.6 is one normal trace in a hundred, 6.9 one in a thousand',
      labelNames: ['version', 'role'],
      buckets: [0.1, 0.3, 0.7, 1.2, 2.3, 3, 4, 4.6, 5.3, 6.9, 8, 9.2, 12],
      registers,
    });
    this.inference = new Histogram({
      name: 'plumbline_learned_inference_seconds',
      help: 'Time in which a version scores the traces of one record',
      labelNames: ['version'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
      registers,
    });
    this.failures = new Counter({
      name: 'plumbline_learned_failures_total',
      help: 'Records whose traces a version could not score; the profile judged them alone',
      labelNames: ['version'],
      registers,
    });
    this.effectiveFrom = new Gauge({
      name: 'plumbline_learned_effective_from_seconds',
      help: 'Event time from which a version has its role, seconds since the epoch',
      labelNames: ['version', 'role'],
      registers,
    });
    this.decides = new Gauge({
      name: 'plumbline_learned_decides',
      help: '1 where the scores of a version may decide, 0 where it is in the shadow',
      labelNames: ['version', 'role'],
      registers,
    });
    this.refused = new Gauge({
      name: 'plumbline_learned_refused',
      help: 'Approved versions that are not used, by why',
      labelNames: ['reason'],
      registers,
    });
    this.loaded = new Gauge({
      name: 'plumbline_learned_versions',
      help: 'Versions of the learned models in memory',
      registers,
    });
    this.registryAnswered = new Gauge({
      name: 'plumbline_learned_registry_answered_seconds',
      help: 'When the registry last said who serves, seconds since the epoch; 0 before the first time',
      registers,
    });
    this.unlogged = new Counter({
      name: 'plumbline_learned_unlogged_total',
      help: 'Comparisons that the registry did not take',
      registers,
    });
  }

  /** Forgets a version that is served no more. */
  forget(version: string): void {
    this.inference.remove({ version });
    this.failures.remove({ version });
    for (const role of ['champion', 'challenger']) {
      const labels = { version, role };
      this.decided.remove(labels);
      this.surprise.remove(labels);
      this.forgetRole(version, role);
      for (const part of parts) {
        this.traces.remove({ ...labels, part });
        this.exceeding.remove({ ...labels, part });
      }
      for (const other of others) {
        for (const result of agreements) this.agreement.remove({ ...labels, with: other, result });
      }
    }
  }

  /** Forgets that a version has a role. */
  forgetRole(version: string, role: string): void {
    this.effectiveFrom.remove({ version, role });
    this.decides.remove({ version, role });
  }
}
