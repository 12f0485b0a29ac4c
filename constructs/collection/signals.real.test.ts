import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import {
  answers,
  dataDirectory,
  freePorts,
  startCollector,
  startLoki,
  startPrometheus,
  startTempo,
  substituteAddresses,
  type LokiPeer,
  type Peer,
  type PrometheusPeer,
  type TempoPeer,
} from '../../tools/peers';
import { Loki } from '../logs/loki';
import { Prometheus } from '../metrics/prometheus';
import { ObjectStore } from '../storage/object-store';
import { containerOf, fileOf, renderApp, testApp } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { OtelTier } from './otel-tier';
import { encode } from './testing';

/** Everything as it is rendered, but that Tempo keeps its blocks on its volume. */
function render() {
  const app = testApp();
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
  const local = { storage: { trace: { backend: 'local', local: { path: '/var/tempo/blocks' } } } };
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks, config: { 'tempo.yaml': local } });
  const [loki, prometheus] = [new Loki(app.chart('logs'), 'loki'), new Prometheus(app.chart('metrics'), 'prometheus')];
  new OtelTier(app.chart('collection'), 'otel', {
    traces: [tempo],
    logs: [loki],
    metrics: [prometheus],
    aggregator: { batchTimeout: Duration.seconds(1) },
  });
  const objects = renderApp(app);
  return {
    file: (name: string, file: string) => fileOf(objects, `${name}-config`, file),
    argsOf: (name: string) => containerOf(objects, 'StatefulSet', name).args ?? [],
  };
}

/** Asks again and again, for so long at most. */
async function eventually<Found>(ask: () => Promise<Found | undefined>, seconds = 30): Promise<Found> {
  for (let tries = 0; tries < 4 * seconds; tries += 1) {
    const found = await ask();
    if (found !== undefined) return found;
    await sleep(250);
  }
  throw new Error(`nothing was found within ${seconds} s`);
}

async function json<Answer>(url: string): Promise<Answer | undefined> {
  const answer = await fetch(url).catch(() => undefined);
  return answer?.ok === true ? ((await answer.json()) as Answer) : undefined;
}

/** One request of a shop: its trace, a line that it wrote, and how long it took. */
class ShopRequest {
  readonly traceId = randomBytes(16).toString('hex');
  private readonly spanId = randomBytes(8).toString('hex');
  private readonly nowMs = Date.now();

  constructor(readonly order: string) {}

  bodies(): Readonly<Record<string, object>> {
    const { traceId, spanId, order } = this;
    const at = `${this.nowMs}000000`;
    const secret = { authorization: 'Bearer hush-header-0123456789' };
    const resource = {
      attributes: encode({ 'service.name': 'cart', 'k8s.pod.name': 'cart-0', 'deployment.environment': 'test' }),
    };
    const span = {
      ...{ traceId, spanId, name: 'POST /orders', kind: 2 },
      ...{ startTimeUnixNano: `${this.nowMs - 250}000000`, endTimeUnixNano: at },
      attributes: encode({ 'http.method': 'POST', order, ...secret }),
    };
    const record = {
      ...{ timeUnixNano: at, severityText: 'WARN', traceId, spanId },
      body: { stringValue: `order ${order} refused, token=hush-body` },
      attributes: encode({ order, ...secret }),
    };
    const point = {
      ...{ startTimeUnixNano: `${this.nowMs - 60_000}000000`, timeUnixNano: at },
      ...{ count: 1, sum: 0.25, bucketCounts: [0, 1, 0], explicitBounds: [0.1, 1] },
      attributes: encode({ 'http.request.method': 'POST', order, ...secret }),
      exemplars: [{ timeUnixNano: at, asDouble: 0.25, traceId, spanId }],
    };
    const metric = {
      name: 'http.server.request.duration',
      unit: 's',
      histogram: { aggregationTemporality: 2, dataPoints: [point] },
    };
    return {
      '/v1/traces': { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] },
      '/v1/logs': { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] },
      '/v1/metrics': { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] },
    };
  }
}

interface LokiAnswer {
  readonly data: {
    readonly result: readonly { readonly stream: Record<string, string>; readonly values: string[][] }[];
  };
}

interface ExemplarsAnswer {
  readonly data: readonly {
    readonly seriesLabels: Record<string, string>;
    readonly exemplars: readonly { readonly labels: Record<string, string>; readonly value: string }[];
  }[];
}

describe('Both tiers of collectors, with a store for each signal,', () => {
  let [tempo, loki, prometheus]: [TempoPeer?, LokiPeer?, PrometheusPeer?] = [];
  let queue = '';
  let intake = '';
  const collectors: Peer[] = [];
  const first = new ShopRequest('o-1');
  const second = new ShopRequest('o-2');

  beforeAll(async () => {
    const { file, argsOf } = render();
    const ports = await freePorts(15);
    const at = (index: number) => `127.0.0.1:${ports[index] ?? 0}`;
    queue = await dataDirectory('queue');
    const flags = argsOf('prometheus').filter((flag) => /^--(web\.enable-otlp|enable-feature)/.test(flag));
    const lokiText = substituteAddresses(file('loki', 'loki.yaml'), {
      'http_listen_port: 3100': `http_listen_port: ${ports[0] ?? 0}`,
      'grpc_listen_port: 9095': `grpc_listen_port: ${ports[1] ?? 0}`,
      '/var/loki': await dataDirectory('loki-data'),
    });
    const tempoText = substituteAddresses(file('tempo', 'tempo.yaml'), {
      'http_listen_port: 3200': `http_listen_port: ${ports[2] ?? 0}\n  grpc_listen_port: ${ports[3] ?? 0}`,
      '0.0.0.0:4317': at(4),
      '0.0.0.0:4318': at(5),
      '/var/tempo': await dataDirectory('tempo-data'),
    });
    const env = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' };
    [loki, tempo, prometheus] = await Promise.all([
      startLoki(lokiText),
      startTempo(tempoText, { env }),
      startPrometheus(file('prometheus', 'prometheus.yml'), flags),
    ]);
    const own = (metrics: number) => ({
      'host: 0.0.0.0': 'host: 127.0.0.1',
      'port: 8888': `port: ${ports[metrics] ?? 0}`,
    });
    const aggregator = substituteAddresses(file('otel-aggregator', 'config.yaml'), {
      ...own(6),
      '0.0.0.0:13133': at(7),
      '0.0.0.0:4317': at(8),
      '/var/lib/otelcol/queue': queue,
      'tempo.tracing.svc.cluster.local:4317': at(4),
      'loki.logs.svc.cluster.local:3100': at(0),
      'prometheus.metrics.svc.cluster.local:9090': new URL(prometheus.url).host,
    });
    const ingestor = substituteAddresses(file('otel-ingestor', 'config.yaml'), {
      ...own(9),
      '0.0.0.0:13133': at(10),
      '0.0.0.0:4317': at(11),
      '0.0.0.0:4318': at(12),
      'hostname: otel-aggregator-headless.collection.svc.cluster.local': 'hostname: 127.0.0.1',
      'port: "4317"': `port: "${ports[8] ?? 0}"`,
      'otel-aggregator-headless.collection.svc.cluster.local:4317': at(8),
    });
    for (const [text, health] of [
      [aggregator, 7],
      [ingestor, 10],
    ] as const)
      collectors.push(await startCollector(text, { ready: answers(`http://${at(health)}/`, 200) }));
    intake = `http://${at(12)}`;
  });
  afterAll(async () => {
    for (const peer of [...collectors.reverse(), loki, tempo, prometheus]) await peer?.stop();
  });

  async function send(request: ShopRequest): Promise<void> {
    for (const [path, body] of Object.entries(request.bodies())) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${intake}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      expect([path, answer.status]).toEqual([path, 200]);
    }
  }

  const traceOf = ({ traceId }: ShopRequest) => json<object>(`${tempo?.queryUrl ?? ''}/api/traces/${traceId}`);

  async function linesOf({ traceId }: ShopRequest): Promise<LokiAnswer | undefined> {
    const query = encodeURIComponent(`{service_name="cart"} | trace_id="${traceId}"`);
    const answer = await json<LokiAnswer>(`${loki?.url ?? ''}/loki/api/v1/query_range?query=${query}&since=1h`);
    return answer?.data.result.length === 0 ? undefined : answer;
  }

  async function exemplarsOf({ order }: ShopRequest): Promise<ExemplarsAnswer | undefined> {
    const query = encodeURIComponent(`http_server_request_duration_seconds_bucket{order="${order}"}`);
    const now = Date.now() / 1000;
    const range = `start=${now - 3600}&end=${now + 60}`;
    const answer = await json<ExemplarsAnswer>(
      `${prometheus?.url ?? ''}/api/v1/query_exemplars?query=${query}&${range}`,
    );
    return answer?.data.length === 0 ? undefined : answer;
  }

  it('have what came in by OTLP found again: the trace, the line by its trace, and the trace by the exemplar', async () => {
    await send(first);
    expect(JSON.stringify(await eventually(() => traceOf(first)))).toContain('POST /orders');
    const lines = await eventually(() => linesOf(first));
    expect(lines.data.result[0]?.values[0]?.[1]).toBe('order o-1 refused, token=REDACTED');
    expect(lines.data.result[0]?.stream).toMatchObject({
      service_name: 'cart',
      deployment_environment_name: 'test',
      trace_id: first.traceId,
      k8s_pod_name: 'cart-0',
    });
    const [series] = (await eventually(() => exemplarsOf(first))).data;
    expect(series?.seriesLabels).toMatchObject({
      service_name: 'cart',
      job: 'cart',
      instance: 'cart-0',
      deployment_environment_name: 'test',
      http_request_method: 'POST',
    });
    expect(series?.exemplars).toMatchObject([{ labels: { trace_id: first.traceId }, value: '0.25' }]);
  });

  it('tell streams of lines apart by few attributes', async () => {
    const selector = encodeURIComponent('{service_name="cart"}');
    const streams = await json<{ readonly data: object }>(`${loki?.url ?? ''}/loki/api/v1/series?match[]=${selector}`);
    expect(streams?.data).toEqual([{ service_name: 'cart', deployment_environment_name: 'test' }]);
  });

  it('let no secret into any store, nor into a queue', async () => {
    const stored = await Promise.all([traceOf(first), linesOf(first), exemplarsOf(first)]);
    const text = JSON.stringify(stored);
    expect(text).toContain('o-1');
    expect(text).not.toMatch(/hush|authorization/i);
    const series = await json<object>(`${prometheus?.url ?? ''}/api/v1/labels`);
    expect(JSON.stringify(series)).toContain('http_request_method');
    expect(JSON.stringify(series)).not.toContain('authorization');
    const queues = await readdir(queue);
    expect(queues.length).toBeGreaterThan(2);
    for (const name of queues) expect((await readFile(join(queue, name))).includes('hush')).toBe(false);
  });

  it('go on with the others while one store is away, and bring it what it missed', async () => {
    await loki?.stop();
    await send(second);
    await eventually(() => traceOf(second));
    await eventually(() => exemplarsOf(second));
    expect(await linesOf(second)).toBeUndefined();
    await loki?.restart();
    // Attempts are up to 45 s apart by now.
    const lines = await eventually(() => linesOf(second), 90);
    expect(lines.data.result[0]?.values[0]?.[1]).toContain('order o-2 refused');
  });
});
