import { parse } from 'yaml';
import { fileOf, givenSecret, renderApp, violationsOf } from '../constructs/testing';
import { platform } from '../main';
import type { Environment } from './environment';
import { thesis } from './thesis';

/** The thesis with logs and somebody who is told of alerts, by values of the environment alone. */
const observed: Environment = {
  ...thesis,
  name: 'observed',
  namespaces: { ...thesis.namespaces, logs: 'loki', alerting: 'alertmanager' },
  logs: {},
  alerting: { receivers: { team: { slack: { channel: '#team' } } }, otherwise: 'team' },
};

describe('The platform with Loki and Alertmanager, by values of the environment alone', () => {
  const app = platform(observed);
  const objects = renderApp(app);

  it('keeps every invariant once the Secret of the receiver is there', () => {
    expect(violationsOf(app, { given: [givenSecret('alertmanager', 'alertmanager-team')] })).toEqual([]);
  });

  it('shows both in Grafana, beside traces and metrics', () => {
    const { datasources } = parse(fileOf(objects, 'grafana-datasources', 'datasources.yaml')) as {
      readonly datasources: readonly { readonly type: string }[];
    };
    expect(datasources.map(({ type }) => type)).toEqual(['tempo', 'prometheus', 'loki', 'alertmanager']);
  });

  it('reads and evaluates both, and tells the receiver', () => {
    const config = fileOf(objects, 'prometheus-config', 'prometheus.yml');
    for (const part of ['job_name: loki', 'job_name: alertmanager', 'alertmanager-headless.alertmanager.svc'])
      expect(config).toContain(part);
    for (const name of ['loki', 'alertmanager'])
      expect(fileOf(objects, 'prometheus-rules', `${name}.yml`)).toContain(`job="${name}"`);
  });

  it('keeps lines in a bucket of the store', () => {
    expect(fileOf(objects, 'loki-config', 'loki.yaml')).toContain('bucket_name: loki-chunks');
  });
});
