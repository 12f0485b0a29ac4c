import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the worker counts; names as on `/metrics`. */
export class DetectionMetrics {
  readonly traces: Counter<'result'>;
  readonly spans: Counter;
  readonly lateSpans: Counter;
  readonly findings: Counter<'kind'>;
  readonly malformed: Counter;
  readonly scoring: Histogram;
  readonly scores: Histogram;
  readonly remembered: Gauge;
  readonly rememberedBytes: Gauge<'of'>;
  readonly forgottenEarly: Counter;
  readonly bundleEffectiveFrom: Gauge;
  readonly bundlesRefused: Gauge;
  readonly operations: Gauge<'state'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.traces = new Counter({
      name: 'plumbline_detection_traces_total',
      help: 'Traces by what became of them: normal, anomalous, abstained, retracted, repeated',
      labelNames: ['result'],
      registers,
    });
    this.spans = new Counter({ name: 'plumbline_detection_spans_total', help: 'Spans scored', registers });
    this.lateSpans = new Counter({
      name: 'plumbline_detection_late_spans_total',
      help: 'Spans not counted at most, because preprocessing restarted and no longer knew their trace when they came',
      registers,
    });
    this.findings = new Counter({
      name: 'plumbline_detection_findings_total',
      help: 'Improbable spans and calls, by kind',
      labelNames: ['kind'],
      registers,
    });
    this.malformed = new Counter({
      name: 'plumbline_detection_malformed_total',
      help: 'Records that could not be read and went to the dead-letter topic',
      registers,
    });
    this.scoring = new Histogram({
      name: 'plumbline_detection_inference_seconds',
      help: 'Time to score and count the traces of one record',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
      registers,
    });
    this.scores = new Histogram({
      name: 'plumbline_detection_score_ratio',
      help: 'Scores of judged traces as shares of their thresholds: anomalous from 1 on',
      buckets: [0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.25, 1.5, 2, 3, 5, 10],
      registers,
    });
    this.remembered = new Gauge({
      name: 'plumbline_detection_remembered_emissions',
      help: 'Emissions remembered to recognize repetitions',
      registers,
    });
    this.rememberedBytes = new Gauge({
      name: 'plumbline_detection_remembered_bytes',
      help: 'Memory that recognizing repetitions takes, and may take',
      labelNames: ['of'],
      registers,
    });
    this.forgottenEarly = new Counter({
      name: 'plumbline_detection_forgotten_early_total',
      help: 'Emissions forgotten before REMEMBER_SECONDS for want of memory: a repetition of one would count twice',
      registers,
    });
    this.bundleEffectiveFrom = new Gauge({
      name: 'plumbline_bundle_effective_from_seconds',
      help: 'Event time from which the newest bundle judges, seconds since the epoch; 0 before the first',
      registers,
    });
    this.bundlesRefused = new Gauge({
      name: 'plumbline_bundle_refused',
      help: 'Bundles named by the pointer that cannot be used',
      registers,
    });
    this.operations = new Gauge({
      name: 'plumbline_bundle_operations',
      help: 'Operations in the newest bundle: known, or abstaining for too little support',
      labelNames: ['state'],
      registers,
    });
  }
}
