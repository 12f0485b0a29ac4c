import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import type { PlatformAppProps } from '../core/platform-app';
import { NetworkPeer } from '../core/network-peer';
import { fileOf, givenSecret, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import type { CollectorConfig } from './collector-config';
import { OtelTier, type OtelTierProps } from './otel-tier';

function render(props: Omit<OtelTierProps, 'traces'>, platform: Partial<PlatformAppProps> = {}) {
  const app = testApp(platform);
  const traces = TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', {
    otlpGrpc: Endpoint.external('tempo.example.org', 4317),
    query: Endpoint.external('tempo.example.org', 3200, { scheme: 'http' }),
  });
  const tier = new OtelTier(app.chart('collection'), 'otel', { ...props, traces: [traces] });
  const objects = renderApp(app);
  const config = parse(fileOf(objects, 'otel-ingestor-config', 'config.yaml')) as CollectorConfig;
  return { app, tier, objects, config };
}

describe('Traces of programs that do not speak OTLP', () => {
  it('are not taken unless somebody says so', () => {
    const { tier, objects, config } = render({});
    expect(tier.otherProtocols).toEqual({});
    expect(Object.keys(config.receivers)).toEqual(['otlp']);
    expect(JSON.stringify(objects)).not.toMatch(/14250|14268|6831|9411/);
  });

  const traceProtocols = ['jaeger-grpc', 'jaeger-http', 'jaeger-compact', 'zipkin'] as const;

  it('are taken at the ports that their clients know, from those who may send', () => {
    const { app, tier, objects, config } = render({ traceProtocols, clients: [NetworkPeer.namespace('shop')] });
    expect(violationsOf(app)).toEqual([]);
    expect(config.service.pipelines.traces?.receivers).toEqual(['otlp', 'jaeger', 'zipkin']);
    expect(config.receivers).toMatchObject({
      jaeger: {
        protocols: {
          grpc: { endpoint: '0.0.0.0:14250' },
          thrift_http: { endpoint: '0.0.0.0:14268' },
          thrift_compact: { endpoint: '0.0.0.0:6831' },
        },
      },
      zipkin: { endpoint: '0.0.0.0:9411' },
    });
    expect(tier.otherProtocols.zipkin?.address).toBe('http://otel-ingestor.collection.svc.cluster.local:9411');
    const service = objectOf(objects, 'Service', 'otel-ingestor').spec as {
      readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol?: string }[];
    };
    expect(service.ports.find(({ name }) => name === 'jaeger-compact')).toMatchObject({ port: 6831, protocol: 'UDP' });
    const ingress = JSON.stringify(objectOf(objects, 'NetworkPolicy', 'otel-ingestor').spec.ingress);
    for (const port of [14250, 14268, 6831, 9411]) expect(ingress).toContain(`"port":${port}`);
  });

  it('are taken one by one', () => {
    expect(Object.keys(render({ traceProtocols: ['zipkin'] }).config.receivers)).toEqual(['otlp', 'zipkin']);
    expect(render({ traceProtocols: ['jaeger-grpc'] }).config.receivers.jaeger).toEqual({
      protocols: { grpc: { endpoint: '0.0.0.0:14250' } },
    });
  });

  it('are encrypted where servers of the platform are, and refused where they cannot be', () => {
    const platform = { tls: { ca: 'ca' } };
    const { app, config } = render({ traceProtocols: ['jaeger-grpc', 'jaeger-http', 'zipkin'] }, platform);
    const tls = { cert_file: '/etc/plumbline/tls/server/tls.crt', key_file: '/etc/plumbline/tls/server/tls.key' };
    expect(config.receivers).toMatchObject({
      jaeger: { protocols: { grpc: { tls }, thrift_http: { tls } } },
      zipkin: { tls },
    });
    const given = ['ca', 'otel-ingestor-tls', 'otel-aggregator-tls'].map((name) => givenSecret('collection', name));
    expect(violationsOf(app, { given })).toEqual([]);
    expect(() => render({ traceProtocols }, platform)).toThrow('UDP is not encrypted');
  });
});
