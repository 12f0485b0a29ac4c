import { z } from 'zod';
import { failed, passed, unknown, type Outcome } from '../verify/check';
import { connections, dataSources } from '../verify/checks/grafana';
import { explore, trace } from '../verify/checks/traces';
import type { VerifyContext } from '../verify/context';
import { expectedDataSources } from '../verify/expected';
import { GrafanaClient } from '../verify/grafana/grafana';
import { patiently } from '../verify/patience';
import { sampleService } from '../verify/sample/otlp';
import type { Play, Scenario, Step } from './scenario';

const vectorSchema = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});

/** Tempo as a data source of Grafana, and traces and metrics of one service beside each other. */
export const observabilityIntegration: Scenario = {
  name: 'observability-integration',
  title: 'Observability integration',
  shows:
    'Tempo and Prometheus are data sources of one Grafana: the trace of a request, and the metrics made of its spans',
  start: (context) => new ObservabilityIntegration(context),
};

class ObservabilityIntegration implements Play {
  private readonly lines: string[] = [];

  constructor(private readonly context: VerifyContext) {}

  readonly steps: readonly Step[] = [
    {
      does: 'asks Grafana for its data sources',
      expects: dataSources.claim,
      run: () => dataSources.run(this.context),
    },
    {
      does: 'has Grafana test them',
      expects: connections.claim,
      run: () => connections.run(this.context),
    },
    {
      does: `sends a trace of ${sampleService}`,
      expects: trace.claim,
      run: () => trace.run(this.context),
    },
    {
      does: 'asks Grafana for it',
      expects: explore.claim,
      run: () => explore.run(this.context),
    },
    {
      does: 'asks Grafana for metrics of the same service',
      expects: 'Tempo has made metrics of its spans, and Prometheus has them',
      run: () => this.spanMetrics(),
    },
    {
      does: 'asks Grafana how the components are',
      expects: 'Prometheus reads each of them',
      run: () => this.components(),
    },
  ];

  result(): readonly string[] {
    return this.lines;
  }

  async end(): Promise<void> {
    // What it sent goes with its session.
  }

  private async spanMetrics(): Promise<Outcome> {
    const query = `sum by (span_name) (traces_spanmetrics_calls_total{service="${sampleService}"})`;
    const series = await this.query(query);
    if (series === undefined) return noPrometheus;
    if (series.length === 0) {
      return failed(
        `Prometheus has no traces_spanmetrics_calls_total of ${sampleService} after ${this.context.patienceMs / 1000} s`,
        'look at the log of Tempo, whose metrics generator writes them',
      );
    }
    this.lines.push(...series.map(({ metric, value: [, calls] }) => `  ${metric.span_name ?? ''}: ${calls} calls`));
    return passed(`${series.length} operations`);
  }

  private async components(): Promise<Outcome> {
    const series = await this.query('min by (job) (up)');
    if (series === undefined) return noPrometheus;
    const down = series.filter(({ value: [, up] }) => up !== '1').map(({ metric }) => metric.job ?? '');
    if (series.length > 0 && down.length === 0) return passed(series.map(({ metric }) => metric.job).join(', '));
    return failed(
      series.length === 0 ? 'Prometheus reads nothing' : `not all of ${down.join(', ')} can be read`,
      'see plumbline verify --only workloads,metrics',
    );
  }

  /** What Prometheus answers through Grafana, waiting for something; `undefined` where there is no Prometheus. */
  private async query(promQl: string) {
    const source = expectedDataSources(this.context.rendered).items.find(({ type }) => type === 'prometheus');
    if (source === undefined) return undefined;
    const client = await GrafanaClient.open(this.context);
    const { patienceMs, signal } = this.context;
    const found = await patiently(patienceMs, signal, async () => {
      const { json } = await client.through(source.uid, `/api/v1/query?query=${encodeURIComponent(promQl)}`);
      const { success, data } = vectorSchema.safeParse(json);
      return success && data.data.result.length > 0 ? data.data.result : undefined;
    });
    return found ?? [];
  }
}

const noPrometheus = unknown('Grafana is given no Prometheus', 'give it a metrics store in the environment');
