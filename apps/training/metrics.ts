import { Counter, Gauge, type Registry } from 'prom-client';

/** What the learner counts; names as on `/metrics`. */
export class LearnerMetrics {
  readonly malformed: Counter;
  readonly bundles: Counter;
  readonly windows: Gauge<'state'>;
  readonly traces: Gauge;
  readonly learntThrough: Gauge;
  readonly refused: Gauge;
  readonly late: Counter;
  readonly waiting: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.malformed = new Counter({
      name: 'plumbline_learner_malformed_total',
      help: 'Records of the topics it reads that could not be read',
      registers,
    });
    this.bundles = new Counter({ name: 'plumbline_learner_bundles_total', help: 'Bundles made', registers });
    this.windows = new Gauge({
      name: 'plumbline_learner_windows',
      help: 'Windows in the newest bundle; since the start: left out, and learnt but for the services of an incident',
      labelNames: ['state'],
      registers,
    });
    this.traces = new Gauge({ name: 'plumbline_learner_traces', help: 'Traces in the newest bundle', registers });
    this.learntThrough = new Gauge({
      name: 'plumbline_learner_through_seconds',
      help: 'End of the last window in the newest bundle, seconds since the epoch; 0 before the first',
      registers,
    });
    this.refused = new Gauge({
      name: 'plumbline_learner_bundle_refused',
      help: '1 when the newest bundle could not be read at the start and learning began anew',
      registers,
    });
    this.waiting = new Gauge({
      name: 'plumbline_learner_waiting_seconds',
      help: 'Event time for which the oldest window that is not learnt yet waits for root cause to look',
      registers,
    });
    this.late = new Counter({
      name: 'plumbline_learner_late_windows_total',
      help: 'Statistics that came for windows already closed, and were dropped: one for each record and window',
      registers,
    });
  }
}
