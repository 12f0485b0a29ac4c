import { parse } from 'yaml';
import { checkAll, describeViolation, readDefinitions } from '../invariants';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { fileOf, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { Prometheus } from './prometheus';
import { PrometheusRules } from './prometheus-rules';

interface Groups {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly { readonly alert: string; readonly annotations: Readonly<Record<string, string>> }[];
  }[];
}

describe('Rules in a Prometheus of ours', () => {
  const render = (runbookUrl?: string) => {
    const app = testApp();
    const metrics = new Prometheus(app.chart('metrics'), 'prometheus', runbookUrl === undefined ? {} : { runbookUrl });
    const broker = new RedpandaBroker(app.chart('streaming'), 'redpanda');
    new ObjectStore(app.chart('storage'), 'objects');
    return { app, metrics, broker };
  };

  it('are those of every component of the app, in a file for each that has any', () => {
    const { app, metrics } = render('https://example.org/runbooks');
    app.collect({ metrics });
    const objects = renderApp(app);
    expect(violationsOf(app)).toEqual([]);
    // What the object store has, only a kubelet could tell.
    expect(Object.keys(objectOf(objects, 'ConfigMap', 'prometheus-rules').data)).toEqual([
      'prometheus.yml',
      'redpanda.yml',
    ]);
    const { groups } = parse(fileOf(objects, 'prometheus-rules', 'redpanda.yml')) as Groups;
    expect(groups[0]?.rules[0]).toMatchObject({
      alert: 'RedpandaDown',
      annotations: { runbook_url: 'https://example.org/runbooks/RedpandaDown.md' },
    });
    expect(parse(fileOf(objects, 'prometheus-config', 'prometheus.yml'))).toMatchObject({
      rule_files: ['/etc/prometheus-rules/*.yml'],
    });
  });

  it('are given one by one to a guest, and not twice', () => {
    const { metrics, broker } = render();
    metrics.evaluate(broker);
    expect(() => metrics.evaluate(broker)).toThrow('rules of redpanda exists twice');
  });

  it('leave nothing where there are none', () => {
    const { app } = render();
    const objects = renderApp(app);
    expect(objects.map(({ metadata }) => metadata.name)).not.toContain('prometheus-rules');
    expect(fileOf(objects, 'prometheus-config', 'prometheus.yml')).not.toContain('rule_files');
  });
});

describe('Rules for the Prometheus operator', () => {
  const render = () => {
    const app = testApp();
    const rules = new PrometheusRules(app.chart('metrics'), 'rules', {
      labels: { release: 'stack' },
      runbookUrl: 'https://example.org/runbooks',
    });
    return { app, rules, broker: new RedpandaBroker(app.chart('streaming'), 'redpanda') };
  };

  it('are of every component of the app, each beside it, as the operator’s definitions say', () => {
    const { app, rules } = render();
    new ObjectStore(app.chart('storage'), 'objects');
    app.collect({ rules });
    const objects = renderApp(app);
    const rule = objectOf(objects, 'PrometheusRule', 'redpanda');
    expect(rule.metadata).toMatchObject({ namespace: 'streaming', labels: { release: 'stack' } });
    const { groups } = rule.spec as unknown as Groups;
    expect(groups[0]).toMatchObject({ name: 'redpanda' });
    expect(groups[0]?.rules[0]).toMatchObject({
      alert: 'RedpandaDown',
      expr: 'absent(up{job="redpanda"} == 1)',
      for: '300s',
      labels: { team: 'platform', job: 'redpanda', severity: 'critical' },
      annotations: { runbook_url: 'https://example.org/runbooks/RedpandaDown.md' },
    });
    expect(checkAll(objects, readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
  });

  it('have those that only a kubelet can tell of, unless nobody reads it', () => {
    const { app, rules } = render();
    const storage = new ObjectStore(app.chart('storage'), 'objects');
    rules.evaluate(storage);
    new PrometheusRules(app.chart('tracing'), 'blind', { sources: [] }).evaluate(storage);
    const written = renderApp(app).filter(({ kind }) => kind === 'PrometheusRule');
    expect(JSON.stringify(written)).toContain('ObjectStoreDiskFilling');
    expect(written).toHaveLength(1);
  });

  it('take the place of what the metrics store would evaluate', () => {
    const { app, rules } = render();
    const metrics = new Prometheus(app.chart('metrics'), 'prometheus');
    app.collect({ metrics, rules });
    const names = renderApp(app).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names).toContain('PrometheusRule/prometheus');
    expect(names).not.toContain('ConfigMap/prometheus-rules');
  });

  it('are not given twice', () => {
    const { rules, broker } = render();
    rules.evaluate(broker);
    expect(() => rules.evaluate(broker)).toThrow('rules of streaming/redpanda exists twice');
  });
});
