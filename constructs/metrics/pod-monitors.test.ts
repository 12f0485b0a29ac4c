import { Duration } from 'cdk8s';
import { NetworkPeer } from '../core/network-peer';
import { Endpoint } from '../core/endpoint';
import { checkAll, describeViolation, readDefinitions } from '../invariants';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { objectOf, renderApp, testApp } from '../testing';
import { PodMonitors } from './pod-monitors';

const from = [NetworkPeer.pods('monitoring', { 'app.kubernetes.io/name': 'prometheus' })];

function render() {
  const app = testApp();
  const monitors = new PodMonitors(app.chart('metrics'), 'monitors', { from, labels: { release: 'stack' } });
  const broker = new RedpandaBroker(app.chart('streaming'), 'redpanda');
  return { app, monitors, broker };
}

describe('Monitors for the Prometheus operator', () => {
  it('are of every component of the app, each beside its pods, whose policies let the reader in', () => {
    const { app, monitors } = render();
    app.collect({ metrics: monitors });
    const objects = renderApp(app);
    const monitor = objectOf(objects, 'PodMonitor', 'redpanda');
    expect(monitor.metadata).toMatchObject({ namespace: 'streaming', labels: { release: 'stack' } });
    expect(monitor.spec).toEqual({
      selector: { matchLabels: { 'app.kubernetes.io/name': 'redpanda', 'app.kubernetes.io/instance': 'redpanda' } },
      namespaceSelector: { matchNames: ['streaming'] },
      podMetricsEndpoints: [
        {
          port: 'admin',
          path: '/public_metrics',
          relabelings: [{ action: 'replace', targetLabel: 'job', replacement: 'redpanda' }],
        },
      ],
    });
    expect(objectOf(objects, 'NetworkPolicy', 'redpanda').spec.ingress).toContainEqual({
      from: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
          podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
        },
      ],
      ports: [{ port: 9644, protocol: 'TCP' }],
    });
    expect(checkAll(objects, readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
  });

  it('say how often, with which labels and parameters', () => {
    const { app, monitors, broker } = render();
    const target = { job: 'slow', endpoint: broker.admin, interval: Duration.minutes(2) };
    monitors.scrape({ scrapeTargets: [{ ...target, labels: { site: 'berlin' }, params: { format: ['text'] } }] });
    expect(objectOf(renderApp(app), 'PodMonitor', 'slow').spec.podMetricsEndpoints).toEqual([
      {
        port: 'admin',
        path: '/metrics',
        interval: '120s',
        params: { format: ['text'] },
        relabelings: [
          { action: 'replace', targetLabel: 'site', replacement: 'berlin' },
          { action: 'replace', targetLabel: 'job', replacement: 'slow' },
        ],
      },
    ]);
  });

  it('say of a class how often it is read', () => {
    const { app, broker } = render();
    const often = new PodMonitors(app.chart('metrics'), 'often', {
      from: [],
      scrapeIntervals: { network: Duration.minutes(1) },
    });
    often.scrape({ scrapeTargets: [{ job: 'link', endpoint: broker.admin, class: 'network' }] });
    expect(objectOf(renderApp(app), 'PodMonitor', 'link').spec.podMetricsEndpoints).toMatchObject([
      { interval: '60s' },
    ]);
  });

  it('reads over TLS with the authority from its Secret', () => {
    const { monitors, broker, app } = render();
    const tls = { ca: 'ca', clientCertificate: 'reader' };
    const endpoint = broker.admin.service.endpoint({ name: 'secure', port: 9645, scheme: 'https', tls });
    monitors.scrape({ scrapeTargets: [{ job: 'secure', endpoint }] });
    expect(objectOf(renderApp(app), 'PodMonitor', 'secure').spec).toMatchObject({
      podMetricsEndpoints: [
        {
          port: 'secure',
          scheme: 'https',
          tlsConfig: {
            ca: { secret: { name: 'ca', key: 'ca.crt' } },
            cert: { secret: { name: 'reader', key: 'tls.crt' } },
            keySecret: { name: 'reader', key: 'tls.key' },
            serverName: endpoint.service.host,
          },
        },
      ],
    });
  });

  it('cannot name what is not pods of the platform, and no job twice', () => {
    const { monitors, broker } = render();
    const endpoint = Endpoint.external('probe.example.org', 9115);
    expect(() => monitors.scrape({ scrapeTargets: [{ job: 'probe', endpoint }] })).toThrow(
      'scrape target probe is "probe.example.org:9115", which is not a port of pods of the platform',
    );
    monitors.scrape(broker);
    expect(() => monitors.scrape(broker)).toThrow('scrape job redpanda exists twice');
  });
});
