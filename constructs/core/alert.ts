import type { Duration } from 'cdk8s';

/** `critical`: somebody acts now. `warning`: somebody looks in working hours. `info`: to be seen beside others. */
export type Severity = 'critical' | 'warning' | 'info';

/** Who exposes metrics of components that they do not expose themselves. */
export type MetricSource = 'kubelet';

/** When somebody should look, and what he should know: a value that a component carries and a metrics store evaluates. */
export interface Alert {
  /** In camel case: `TempoDown`. Several of one name are told apart by their labels. */
  readonly name: string;
  /** PromQL, or LogQL of what is about lines; each series of the result is an alert of its own. */
  readonly expr: string;
  /** How long it must be so before anybody is told. */
  readonly for: Duration;
  readonly severity: Severity;
  /** One line. May name labels, as a template of Prometheus: `{{ $labels.topic }}`. */
  readonly summary: string;
  /** What it means, in a sentence or two; a template as well. */
  readonly description: string;
  /** Page in `docs/runbooks`, without `.md`, or a whole URL. @default - the page of the alert's name */
  readonly runbook?: string;
  /** Labels beside `severity`, `team` of the component, and those of the result. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Where its metrics come from if no component exposes them: it is evaluated only by who reads that source, too. @default - components */
  readonly source?: MetricSource;
  /**
   * Whether it is evaluated by who reads its metrics even where a store evaluates rules over all that it has: it watches that store, or the
   * way to it, and would be silent with it. What it asks for is read by that one, and recorded by no rule.
   *
   * @default false
   */
  readonly local?: boolean;
}

/** A series that is computed of others, for expressions that are asked often or over long. */
export interface RecordingRule {
  /** Name of the series, `level:metric:operations`. */
  readonly record: string;
  /** PromQL. */
  readonly expr: string;
  /** Labels beside those of the result. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
}
