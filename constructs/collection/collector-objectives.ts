import { noneAnswers, type Objectives } from '../core/objectives';
import { Slo } from '../core/slo';
import { measured } from '../sizing';
import type { CollectorJobs } from './collector-alerts';

/** What is promised of collectors: that applications can leave their traces, and that these are soon where they are to be. */
export function collectorObjectives(jobs: CollectorJobs, objectives: Objectives | undefined): readonly Slo[] {
  return objectives === undefined ? [traceIntake(jobs)] : [traceIntake(jobs, objectives), collected(jobs, objectives)];
}

/** @param objectives where nothing else is promised, this is: so that there is one objective in every environment */
function traceIntake({ ingestor }: CollectorJobs, objectives?: Objectives): Slo {
  const spans = (outcome: string, range: string) =>
    `sum(rate(otelcol_receiver_${outcome}_spans{job="${ingestor}"}[${range}]))`;
  const all = (range: string) => `${spans('accepted', range)} + ${spans('refused', range)}`;
  const name = 'TraceIntake';
  const description = 'Spans that applications send are taken at the first attempt.';
  if (objectives === undefined) {
    const errors = (range: string) => spans('refused', range);
    return new Slo({ name, description, objective: 99, errors, total: (range) => `(${all(range)})` });
  }
  return new Slo({
    name,
    description,
    objective: objectives.availability,
    errors: (range) => spans('refused', range),
    // Without spans there is no share; while no ingestor is there, nobody counts those that were sent.
    total: (range) => `(${all(range)} > 0)`,
    wrongWhile: noneAnswers(ingestor),
  });
}

/**
 * A collector does not tell how long it has had a span, so this is by Little's law: what waits in the queue of a destination, over what it
 * takes a second. Queues count bytes and deliveries spans: of as many bytes as those that were measured.
 */
function collected({ aggregator }: CollectorJobs, { inTime, latency }: Objectives): Slo {
  const waiting = `sum by (exporter) (otelcol_exporter_queue_size{job="${aggregator}", data_type="traces"})`;
  const taken = `sum by (exporter) (rate(otelcol_exporter_sent_spans{job="${aggregator}"}[5m]))`;
  const seconds = latency.collector.toSeconds();
  return new Slo({
    name: 'TraceCollectionTime',
    description: `Spans wait in collectors for no longer than ${seconds} s.`,
    objective: inTime,
    wrongWhile: `max(${waiting} / (${measured.bytesPerSpan.otlp} * ${taken}) > bool ${seconds})`,
  });
}
