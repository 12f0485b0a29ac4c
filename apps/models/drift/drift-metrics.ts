import { Counter, Gauge, type Registry } from 'prom-client';
import type { Drift, DriftReport } from './drift-report';

/** What drift is told of on `/metrics`. */
export class DriftMetrics {
  readonly psi: Gauge<'of'>;
  readonly drifting: Gauge;
  readonly stretches: Counter<'result'>;
  readonly events: Counter;
  readonly late: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.psi = new Gauge({
      name: 'plumbline_model_drift_psi',
      help: 'Population stability index of the last stretch, less what chance makes of it: of the score that moved most, and of the feature',
      labelNames: ['of'],
      registers,
    });
    this.drifting = new Gauge({
      name: 'plumbline_model_features_drifting',
      help: 'Features of the last stretch that are beyond the bound, by value or by how often traces have none',
      registers,
    });
    this.stretches = new Counter({
      name: 'plumbline_model_drift_stretches_total',
      help: 'Stretches of event time, by result; too few: traces, so that nothing was compared',
      labelNames: ['result'],
      registers,
    });
    for (const result of ['steady', 'drifting', 'too few']) this.stretches.inc({ result }, 0);
    this.events = new Counter({
      name: 'plumbline_model_drift_events_total',
      help: 'Drift that was told of on model-events',
      registers,
    });
    this.late = new Counter({
      name: 'plumbline_model_drift_late_traces_total',
      help: 'Traces that came when their stretch was closed, and count for none',
      registers,
    });
  }

  observe({ drifts }: DriftReport): void {
    if (drifts.length === 0) {
      this.stretches.inc({ result: 'too few' });
      return;
    }
    const worst = (kind: Drift['kind']): number =>
      drifts.reduce((most, each) => (each.kind === kind ? Math.max(most, each.psi) : most), 0);
    this.psi.set({ of: 'score' }, worst('score'));
    this.psi.set({ of: 'features-max' }, worst('feature'));
    this.drifting.set(featuresOf(drifts.filter((each) => each.drifts)));
    this.stretches.inc({ result: drifts.some((each) => each.drifts) ? 'drifting' : 'steady' });
  }

  /** Another version is compared with other traces. */
  forget(): void {
    this.psi.reset();
    this.drifting.set(0);
  }
}

/** How many features these are of: one may drift by value, and by how often there is none. */
export function featuresOf(drifts: readonly Drift[]): number {
  return new Set(drifts.flatMap(({ kind, name }) => (kind === 'feature' ? [name] : []))).size;
}
