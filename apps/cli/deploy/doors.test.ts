import { RenderedEnvironment } from '../verify/rendered';
import { thesis } from '../verify/testing';
import { doorsOf, passwordCommand } from './doors';

describe('what of an environment can be looked at', () => {
  it('follows from its manifests', () => {
    const doors = doorsOf(thesis()).map(
      ({ title, namespace, service, port }) => `${title} ${namespace}/${service}:${port}`,
    );
    expect(doors).toEqual([
      'Grafana grafana/grafana:80',
      'Incidents plumbline/console:80',
      'Prometheus plumbline/prometheus:9090',
      'Tempo tempo/tempo:3200',
      'Traces (OTLP over HTTP) plumbline/otel-ingestor:4318',
    ]);
  });

  it('is nothing where nothing is rendered', () => {
    const empty = new RenderedEnvironment([], 'dist/empty');
    expect(doorsOf(empty)).toEqual([]);
    expect(passwordCommand(empty, 'kind-kind')).toBeUndefined();
  });

  it('comes with the command that prints the password, not with the password', () => {
    expect(passwordCommand(thesis(), 'kind-kind')).toBe(
      "kubectl --context kind-kind -n grafana get secret grafana-admin -o jsonpath='{.data.password}' | base64 -d",
    );
  });
});
