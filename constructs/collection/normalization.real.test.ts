import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, dataDirectory, freePorts, startCollector, type Peer } from '../../tools/peers';
import { dump } from '../core/yaml';
import { aggregatorConfig, queueFolder } from './aggregator-config';

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly boolValue?: boolean;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

interface OtlpSpan {
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly status?: { readonly code?: number };
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** An endpoint that keeps the requests it gets. */
async function collectRequests(): Promise<{ server: Server; port: number; requests: OtlpRequest[] }> {
  const requests: OtlpRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as OtlpRequest);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, requests };
}

/** The rendered aggregator, but that it takes and sends OTLP as JSON over HTTP on loopback. */
async function configText(intake: number, health: number, metrics: number, sink: number): Promise<string> {
  const queues = await dataDirectory('queues');
  const config = aggregatorConfig({
    destinations: [{ kind: 'otlp', name: 'store', address: 'replaced' }],
    waitSeconds: 1,
    numTraces: 100,
    batchSize: 64,
    batchTimeoutSeconds: 1,
    retrySeconds: 10,
    queueBytes: 2 ** 20,
  });
  const { 'otlp_grpc/store': _, ...others } = config.exporters;
  const { 'traces/store': pipeline } = config.service.pipelines;
  const loopback = {
    ...config,
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${intake}` } } } },
    exporters: {
      ...others,
      'otlp_http/store': { endpoint: `http://127.0.0.1:${sink}`, encoding: 'json', compression: 'none' },
    },
    service: { ...config.service, pipelines: { traces: { ...pipeline, exporters: ['otlp_http/store'] } } },
  };
  return dump(loopback)
    .replaceAll('0.0.0.0:13133', `127.0.0.1:${health}`)
    .replaceAll('host: 0.0.0.0', 'host: 127.0.0.1')
    .replaceAll('port: 8888', `port: ${metrics}`)
    .replaceAll(queueFolder, queues);
}

function attribute(key: string, value: string | number | boolean): OtlpAttribute {
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  return { key, value: typeof value === 'number' ? { intValue: value } : { boolValue: value } };
}

function attributesOf(attributes: readonly OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]),
  );
}

const startMs = 1_700_000_000_000;

function span(name: string, attributes: Record<string, string | number | boolean>, kind: number, durationMs = 0) {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: Buffer.from(name.padEnd(8).slice(0, 8)).toString('hex'),
    name,
    kind,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + durationMs}000000`,
    attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  };
}

describe('The aggregator', () => {
  const server = 2;
  const client = 3;
  let collector: Peer;
  let sink: Server;
  const received = new Map<string, OtlpSpan>();
  let resource: Record<string, unknown> = {};

  beforeAll(async () => {
    const { server: listening, port, requests } = await collectRequests();
    sink = listening;
    const [intake = 0, health = 0, metrics = 0] = await freePorts(3);
    collector = await startCollector(await configText(intake, health, metrics, port), {
      ready: answers(`http://127.0.0.1:${health}/`, 200),
    });
    const spans = [
      span(
        'document',
        {
          'http.method': 'GET',
          'http.url': '/api/users/123?full=1',
          'http.status_code': 200,
          'http.response_time_ms': 45,
          error: true,
          'exception.type': 'DatabaseConnectionError',
          'exception.message': 'Connection timeout',
          user_id: 'u-7',
          tenant_id: 't-1',
        },
        server,
      ),
      span(
        'absolute',
        { 'http.url': 'https://shop.example.org/cart', 'net.peer.name': 'shop.example.org' },
        client,
        10,
      ),
      span(
        'target',
        { 'http.target': '/cart?item=1', 'net.peer.name': '192.0.2.7', 'http.response_time_ms': 3 },
        server,
        10,
      ),
      span('database', { 'db.system': 'postgresql', 'db.statement': 'SELECT 1', 'db.name': 'shop' }, client, 10),
      span('current', { 'http.request.method': 'PUT', 'http.method': 'GET', 'url.path': '/a' }, server, 10),
    ];
    const request = {
      resourceSpans: [
        {
          resource: {
            attributes: [
              attribute('service.name', 'user-service'),
              attribute('service.version', 'v1.2.3'),
              attribute('deployment.environment', 'production'),
            ],
          },
          scopeSpans: [{ scope: {}, spans }],
        },
      ],
    };
    const answer = await fetch(`http://127.0.0.1:${intake}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    expect(answer.status).toBe(200);
    while (received.size < spans.length) {
      for (const group of requests.splice(0).flatMap(({ resourceSpans }) => resourceSpans)) {
        resource = attributesOf(group.resource.attributes);
        for (const each of group.scopeSpans.flatMap((scope) => scope.spans)) received.set(each.name, each);
      }
      await sleep(50);
    }
  });

  afterAll(async () => {
    await collector.stop();
    sink.close();
  });

  function spanOf(name: string): OtlpSpan {
    const found = received.get(name);
    if (found === undefined) throw new Error(`no span ${name} arrived`);
    return found;
  }

  it('brings the required attributes of the platform’s specification to current conventions', () => {
    expect(resource).toEqual({
      'service.name': 'user-service',
      'service.version': 'v1.2.3',
      'deployment.environment.name': 'production',
    });
    const document = spanOf('document');
    expect(attributesOf(document.attributes)).toEqual({
      'http.request.method': 'GET',
      'url.path': '/api/users/123',
      'url.query': 'full=1',
      'http.response.status_code': 200,
      'error.type': 'DatabaseConnectionError',
      'exception.type': 'DatabaseConnectionError',
      'exception.message': 'Connection timeout',
      user_id: 'u-7',
      tenant_id: 't-1',
    });
    expect(document.status?.code).toBe(2);
  });

  it('makes a response time the duration of a span that has none, and of no other', () => {
    expect(spanOf('document').endTimeUnixNano).toBe(`${startMs + 45}000000`);
    expect(spanOf('target').endTimeUnixNano).toBe(`${startMs + 10}000000`);
  });

  it('tells a whole URL from a path, and the peer of a client from that of a server', () => {
    expect(attributesOf(spanOf('absolute').attributes)).toEqual({
      'url.full': 'https://shop.example.org/cart',
      'server.address': 'shop.example.org',
    });
    expect(attributesOf(spanOf('target').attributes)).toEqual({
      'url.path': '/cart',
      'url.query': 'item=1',
      'client.address': '192.0.2.7',
    });
  });

  it('knows databases', () => {
    expect(attributesOf(spanOf('database').attributes)).toEqual({
      'db.system.name': 'postgresql',
      'db.query.text': 'SELECT 1',
      'db.namespace': 'shop',
    });
  });

  it('keeps what is current already', () => {
    expect(attributesOf(spanOf('current').attributes)).toEqual({ 'http.request.method': 'PUT', 'url.path': '/a' });
  });
});
