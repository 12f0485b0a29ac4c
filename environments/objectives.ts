import type { Duration } from 'cdk8s';
import { burnRates, componentsIn, objectivesOf, sloDays, type BurnRate, type LatencyBudgets } from '../constructs';
import { notificationBounds } from '../constructs/alerting/alertmanager-objectives';
import { boundWithin, requestBounds } from '../constructs/core/objectives';
import { propagationBounds } from '../constructs/logs/log-agent-objectives';
import { platform } from '../main';
import { code, page, table } from '../tools/markdown';
import { commitments } from './commitments';
import { production } from './production';
import { productionSize } from './production-sizes';
import { mostSamples, mostSpans, type Shortfall } from './sizing/fit';
import { loads } from './sizing/loads';
import { renderedOf } from './sizing/stack';

/** What is promised of `production`, and what of the documents' numbers is kept; in Markdown. */
export function objectivesPage(): string {
  return page(
    'Objectives',
    `What documents 002 and 003 promise of a platform, as ${code('objectives')} of an environment has it: ${code('production')} does, others promise nothing but that collectors take traces. ` +
      `${code('environments/commitments.ts')} has the documents’ numbers, ${code('constructs/core/objectives.ts')} the defaults. The dashboard “Service levels” shows what is left of each.`,
    [
      '## Service levels',
      `Over ${sloDays} days. “99.9 % uptime” is the document’s; it is the larger of the share of requests that fail and the share of time in which nobody is there to answer. That ${inTimePercent} % are in time is ours: the documents say no share.`,
      objectiveTable(),
      '## Burn rates',
      'An alert fires when errors come so fast over the long range, and still do over the short one: those of the Site Reliability Workbook. ' +
        `${code('ErrorBudgetSpent')} says that all of a budget is used up. Where samples are kept for less than ${sloDays} days, as in Prometheus of ${code('production')}, it knows of those days only; the dashboard asks Mimir.`,
      burnTable(),
      '## Latency',
      'Histograms have bounds; the largest within a budget is what is held, so that less is allowed than was promised, never more. ' +
        `That samples arrive within 30 s is not measured: they are read every ${scrapeSeconds()} s, and written to Mimir as they are read. ` +
        'That Alertmanager waits for others of a group is not in the time of a message.',
      latencyTable(),
      '## Retention',
      retentionTable(),
      '## Throughput',
      `Document 002’s table (§7.1), as ${code('production')} has it, against the rates of its §8.2, by the formulas of [sizing](sizing.md). For spans and lines its CPU and memory are enough, for metrics they are not, by far. Of the broker it has no row: that one is by the formulas.`,
      throughputTable(),
      '## Recovery',
      'What may be lost when a whole cluster is, and how long it takes, as the documents want it. What holds, part by part, is in [recovery](recovery.md).',
      recoveryTable(),
    ],
  );
}

const promised = objectivesOf(production.objectives ?? {});
const inTimePercent = promised.inTime;
const runbook = (name: string) => `[${name}](../runbooks/${name}Budget.md)`;

function objectiveTable(): string {
  const rows = componentsIn(platform(production)).flatMap((component) =>
    component.slos.map((slo) => [
      runbook(slo.name),
      code(component.name),
      `${slo.objective} %`,
      `${slo.budgetMinutes} min`,
      slo.description,
    ]),
  );
  return table(['Objective', 'Component', 'Promised', 'May go wrong', 'What'], rows);
}

function burnTable(): string {
  const hours = (range: string) => Number.parseInt(range, 10) * (range.endsWith('d') ? 24 : 1);
  const row = (severity: string, after: string) => (rate: BurnRate) => [
    `× ${rate.factor}`,
    rate.long,
    rate.short,
    `${Number(((100 * rate.factor * hours(rate.long)) / (sloDays * 24)).toPrecision(3))} %`,
    severity,
    after,
  ];
  return table(
    ['Burn rate', 'Over', 'And still over', 'Used up by then', 'Severity', 'After'],
    [...burnRates.fast.map(row('critical', '2 min')), ...burnRates.slow.map(row('warning', '15 min'))],
  );
}

interface LatencyRow {
  readonly of: keyof LatencyBudgets;
  readonly document: string;
  readonly objective: string;
  readonly what: string;
  /** @default - it is measured by the time in which it is so */
  readonly bounds?: readonly number[];
}

const latencyRows: readonly LatencyRow[] = [
  {
    of: 'collector',
    document: 'OTel collector: < 15 s',
    objective: 'TraceCollectionTime',
    what: 'what waits in a queue over what its destination takes',
  },
  {
    of: 'traceStore',
    document: 'Tempo: < 15 s',
    objective: 'TraceStorageTime',
    what: 'a write to an ingester, which answers from then on',
    bounds: requestBounds,
  },
  {
    of: 'logAgent',
    document: 'Vector: < 10 s',
    objective: 'LogCollectionTime',
    what: 'from the time of a line until the store has it',
    bounds: propagationBounds,
  },
  {
    of: 'logStore',
    document: 'Loki: < 20 s',
    objective: 'LogStorageTime',
    what: 'a write, by an agent or a collector',
    bounds: requestBounds,
  },
  {
    of: 'queries',
    document: 'query response: < 5 s',
    objective: 'QueryTime',
    what: 'questions of Grafana to stores',
    bounds: requestBounds,
  },
  {
    of: 'alerts',
    document: 'alert delivery: < 30 s',
    objective: 'AlertDeliveryTime',
    what: 'a message to somebody',
    bounds: notificationBounds,
  },
  {
    of: 'incidents',
    document: 'none',
    objective: 'IncidentsInTime',
    what: 'age of the newest window that was looked at',
  },
];

function latencyTable(): string {
  const rows = latencyRows.map(({ of, document, objective, what, bounds }) => {
    const budget = promised.latency[of];
    const held = bounds === undefined ? budget.toSeconds() : boundWithin(objective, bounds, budget);
    return [document, `${budget.toSeconds()} s`, `${held} s`, runbook(objective), what];
  });
  return table(['Document', 'Budget', 'Held to', 'Objective', 'Measured'], rows);
}

function scrapeSeconds(): number {
  const choice = production.prometheus;
  return choice === undefined || 'external' in choice ? 30 : (choice.scrapeInterval?.toSeconds() ?? 30);
}

const days = (duration: Duration | undefined) => (duration === undefined ? '' : `${duration.toDays()} days`);

function retentionTable(): string {
  const range = (of: keyof typeof commitments.retention) => {
    const { least, most } = commitments.retention[of];
    return `${least.toDays()} to ${days(most)}`;
  };
  const { tempo, prometheus, mimir, logs } = productionSize;
  return table(
    ['Signal', 'Document', 'Kept', 'Where'],
    [
      ['metrics', '15 days', days(prometheus.retention), 'Prometheus'],
      ['metrics', range('metrics'), days(mimir.retention), 'Mimir, in the bucket'],
      ['logs', range('logs'), days(logs.retention), 'Loki, in the bucket'],
      ['traces', range('traces'), days(tempo.retention), 'Tempo, in the bucket'],
      ['traces on their way', '', days(production.pipeline.retention), 'topics'],
      ['anomalous traces', '', days(production.anomalyRetention), 'the bucket `anomaly-data`'],
      ['incidents', '', days(production.archive?.expireAfter), 'the bucket `incident-archive`'],
    ],
  );
}

function throughputTable(): string {
  const { load } = loads.production;
  const objects = renderedOf('production');
  const whole = (value: number) =>
    value >= 999_998 ? '1,000,000 and more' : Math.floor(value).toLocaleString('en-US');
  const of = (component: string, quantity: Shortfall['quantity']) => (each: Shortfall) =>
    each.component === component && each.quantity === quantity;
  const samples = (component: string) =>
    (['cores', 'memoryBytes', 'diskBytes'] as const).map((quantity) =>
      whole(mostSamples(objects, load, of(component, quantity))),
    );
  const spans = (component: string) =>
    (['cores', 'memoryBytes', 'diskBytes'] as const).map((quantity) =>
      whole(mostSpans(objects, load, of(component, quantity))),
    );
  const { samplesPerSecond, spansPerSecond } = commitments.throughput;
  const wanted = {
    samples: samplesPerSecond.toLocaleString('en-US'),
    spans: spansPerSecond.toLocaleString('en-US'),
  };
  return table(
    ['What', 'A second, document', 'CPU is for', 'Memory is for', 'Volume is for'],
    [
      ...['prometheus', 'mimir'].map((name) => [`samples, ${code(name)}`, wanted.samples, ...samples(name)]),
      ...['otel-ingestor', 'otel-aggregator', 'tempo', 'redpanda', 'preprocessing', 'anomaly-detection'].map((name) => [
        `spans, ${code(name)}`,
        wanted.spans,
        ...spans(name),
      ]),
    ],
  );
}

function recoveryTable(): string {
  const { recoveryPoint, recoveryTime } = commitments;
  const point = (of: keyof typeof recoveryPoint) => `< ${recoveryPoint[of].toMinutes()} min`;
  return table(
    ['', 'Lost at most (RPO)', 'Back within (RTO)'],
    (['metrics', 'logs', 'traces'] as const).map((name) => [name, point(name), `< ${recoveryTime.toMinutes()} min`]),
  );
}
