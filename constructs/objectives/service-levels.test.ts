import { parse } from 'yaml';
import { Loki } from '../logs/loki';
import { Prometheus } from '../metrics/prometheus';
import { OtelTier } from '../collection/otel-tier';
import { Endpoint } from '../core/endpoint';
import type { ObjectivesProps } from '../core/objectives';
import { ruleGroups } from '../core/rule-groups';
import { fileOf, renderApp, testApp, violationsOf } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { ServiceLevels } from './service-levels';

function platform(objectives?: ObjectivesProps) {
  const app = testApp(objectives === undefined ? {} : { objectives });
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus');
  const loki = new Loki(app.chart('logs'), 'loki');
  const endpoint = Endpoint.external('store.example.org', 443, { scheme: 'https' });
  const traces = TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', { otlpGrpc: endpoint, query: endpoint });
  const otel = new OtelTier(app.chart('collection'), 'otel', { traces: [traces] });
  return { app, metrics, loki, otel };
}

describe('Service levels', () => {
  it('are those of every component, as the environment promises', () => {
    const { app, metrics } = platform({ availability: 99.5 });
    const levels = new ServiceLevels(app.chart('metrics'), 'service-levels');
    expect(levels.promises.map(({ name, objective }) => [name, objective])).toEqual([
      ['MetricQueries', 99.5],
      ['LogIntake', 99.5],
      ['LogQueries', 99.5],
      ['LogStorageTime', 99],
      ['TraceIntake', 99.5],
      ['TraceCollectionTime', 99],
    ]);
    app.collect({ metrics });
    expect(violationsOf(app)).toEqual([]);
    const { groups } = parse(fileOf(renderApp(app), 'prometheus-rules', 'service-levels.yml')) as {
      readonly groups: readonly { readonly rules: readonly { readonly expr: string; readonly labels?: object }[] }[];
    };
    expect(groups[0]?.rules[1]).toMatchObject({ expr: 'vector(0.995)', labels: { slo: 'LogIntake' } });
  });

  it('are none but what collectors promise anyway where an environment does not say', () => {
    const { metrics, loki, otel } = platform();
    expect([...metrics.slos, ...loki.slos]).toEqual([]);
    const { name, namespace, slos } = otel;
    const [group] = ruleGroups(
      { name, namespace, alerts: [], recordingRules: [], slos },
      { runbookUrl: 'docs/runbooks', sources: [] },
    );
    const spans = (outcome: string) => `sum(rate(otelcol_receiver_${outcome}_spans{job="otel-ingestor"}[5m]))`;
    expect(group?.rules[0]).toEqual({
      record: 'slo:error_ratio:rate5m',
      expr: `${spans('refused')} / (${spans('accepted')} + ${spans('refused')})`,
      labels: { slo: 'TraceIntake' },
    });
    expect(slos.map((slo) => [slo.name, slo.objective])).toEqual([['TraceIntake', 99]]);
  });

  it('cannot be told apart if two components promise under one name', () => {
    const { app } = platform({});
    new Loki(app.chart('logs'), 'second');
    expect(() => new ServiceLevels(app.chart('metrics'), 'service-levels')).toThrow('objective LogIntake exists twice');
  });
});
