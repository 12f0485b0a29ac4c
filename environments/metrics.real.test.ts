import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Alertmanager } from '../constructs/alerting/alertmanager';
import { notificationBounds } from '../constructs/alerting/alertmanager-objectives';
import { ownTelemetry } from '../constructs/collection/collector-config';
import { Endpoint } from '../constructs/core/endpoint';
import { requestBounds } from '../constructs/core/objectives';
import { dump } from '../constructs/core/yaml';
import { Loki } from '../constructs/logs/loki';
import { fileOf, renderApp, testApp } from '../constructs/testing';
import {
  dataDirectory,
  freePorts,
  lokiOnLoopback,
  type Peer,
  type PrometheusPeer,
  sendTraces,
  startAlertmanager,
  startCollector,
  startLoki,
  startPrometheus,
  substituteAddresses,
} from '../tools/peers';
import { answered, boundsOf } from './exposed-metrics.testing';
import { startGeneratingTempo } from './generating-tempo.testing';
import { ruleFiles } from './signals.testing';

/** Names of the series that a server answers with. */
async function seriesAt(url: string): Promise<readonly string[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...new Set(Array.from(text.matchAll(/^([a-zA-Z_:][a-zA-Z0-9_:]*)[ {]/gm), ([, name = '']) => name))];
}

/** Waits until a server answers with all of them; ends with the test's own deadline, and then says what is missing. */
async function answersWith(url: string, names: readonly string[]): Promise<void> {
  const missing = async () => {
    const there = await seriesAt(url);
    return names.filter((name) => !there.includes(name));
  };
  for (let tries = 0; tries < 120 && (await missing()).length > 0; tries += 1) await sleep(500);
  expect(await missing()).toEqual([]);
}

/** Bounds of a histogram that a server answers with, of series with all of these labels. */
async function boundsAt(url: string, histogram: string, labels = ''): Promise<readonly number[]> {
  return boundsOf(await (await fetch(`${url}/metrics`)).text(), histogram, labels);
}

async function listen(answer: RequestListener): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function post(url: string, body: object): Promise<void> {
  await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const lineOf = (text: string) => ({ timeUnixNano: `${Date.now()}000000`, body: { stringValue: text } });
const logsOf = (logRecord: object) => ({ resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords: [logRecord] }] }] });

function metricsOf(name: string, asDouble: number): object {
  const gauge = { dataPoints: [{ timeUnixNano: `${Date.now()}000000`, asDouble }] };
  return { resourceMetrics: [{ resource: {}, scopeMetrics: [{ metrics: [{ name, gauge }] }] }] };
}

describe('Series that rules and dashboards ask for', () => {
  let prometheus: PrometheusPeer;
  let alertmanagerUrl: string;
  const others: Peer[] = [];
  const servers: Server[] = [];

  beforeAll(async () => {
    const [gossip = 0] = await freePorts(1);
    const alertmanager = await startAlertmanager(
      dump({
        route: { receiver: 'team' },
        receivers: [{ name: 'team', slack_configs: [{ api_url: 'http://127.0.0.1:1' }] }],
      }),
      [`--cluster.listen-address=127.0.0.1:${gossip}`, `--cluster.advertise-address=127.0.0.1:${gossip}`],
    );
    others.push(alertmanager);
    alertmanagerUrl = alertmanager.url;
    const folder = await dataDirectory('loaded-rules');
    await Promise.all(Object.entries(ruleFiles).map(([name, text]) => writeFile(join(folder, name), text)));
    prometheus = await startPrometheus(
      dump({
        global: { evaluation_interval: '1s' },
        rule_files: [`${folder}/*.yml`],
        // Of targets that are limited, it tells how many there are.
        scrape_configs: [{ job_name: 'limited', target_limit: 10, static_configs: [{ targets: [] }] }],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }] },
        // Of what it sends on it tells how it goes, whether anybody is there or not.
        remote_write: [{ url: 'http://127.0.0.1:9/api/v1/push' }],
      }),
    );
  });
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await Promise.all([...others, prometheus].map((peer) => peer.stop()));
  });

  it('of Prometheus are there, and it evaluates all of our rules', async () => {
    await answersWith(prometheus.url, answered.prometheus);
    type Rule = { readonly health: string; readonly lastError?: string };
    const rules = async () => {
      const { data } = (await (await fetch(`${prometheus.url}/api/v1/rules`)).json()) as {
        readonly data: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
      };
      return data.groups.flatMap((group) => group.rules);
    };
    while ((await rules()).some(({ health }) => health === 'unknown')) await sleep(200);
    const evaluated = await rules();
    expect(evaluated.length).toBeGreaterThan(40);
    expect(evaluated.filter(({ health }) => health !== 'ok')).toEqual([]);
  });

  it('of Alertmanager are there', async () => {
    await answersWith(alertmanagerUrl, answered.alertmanager);
    expect(await boundsAt(alertmanagerUrl, 'alertmanager_notification_latency_seconds')).toEqual(notificationBounds);
  });

  it('of Loki are there, once it has refused a line and written another', async () => {
    const app = testApp();
    const logs = new Loki(app.chart('logs'), 'loki');
    const [, host = '', port = ''] = /^http:\/\/(.+):(\d+)$/.exec(alertmanagerUrl) ?? [];
    const endpoint = Endpoint.external(host, Number(port), { scheme: 'http' });
    app.collect({ logs, alerting: Alertmanager.fromExternal(app.chart('logs'), 'alertmanager', { endpoint }) });
    const objects = renderApp(app);
    const rules = await dataDirectory('loki-metrics-rules');
    await mkdir(join(rules, 'fake'));
    await writeFile(join(rules, 'fake', 'loki.yml'), fileOf(objects, 'loki-rules', 'loki.yml'));
    const loki = await startLoki(
      substituteAddresses(fileOf(objects, 'loki-config', 'loki.yaml'), {
        '/etc/loki-rules': rules,
        ...(await lokiOnLoopback()),
      }),
    );
    others.push(loki);
    const lines = [{ timeUnixNano: '1', body: { stringValue: 'of 1970' } }, lineOf('of now')];
    for (const logRecord of lines) await post(`${loki.url}/otlp/v1/logs`, logsOf(logRecord));
    // What is in memory is written, as it would be after some time.
    await fetch(`${loki.url}/flush`, { method: 'POST' });
    await answersWith(loki.url, answered.loki);
    const route = 'route="otlp_v1_logs"';
    expect(await boundsAt(loki.url, 'loki_request_duration_seconds', route)).toEqual(requestBounds);
  });

  it('of Tempo are there, and what it writes has the labels that alerts of applications go by', async () => {
    const { tempo, otlp } = await startGeneratingTempo(prometheus.url);
    others.push(tempo);
    // In two blocks, so that there is something to compact.
    for (const pause of [8_000, 0]) {
      await sendTraces({ endpoint: otlp, service: 'checkout', traces: 20, status: 'Error' });
      await sleep(pause);
    }
    await answersWith(tempo.queryUrl, answered.tempo);
    const route = 'route="/tempopb.Pusher/PushBytesV2"';
    expect(await boundsAt(tempo.queryUrl, 'tempo_request_duration_seconds', route)).toEqual(requestBounds);
    const labels = '{service="checkout", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_ERROR"}';
    const graph = '{client="checkout", server="checkout"}';
    for (const selector of [
      ...answered.spanMetrics.map((name) => name + labels),
      ...answered.serviceGraph.map((name) => name + graph),
    ]) {
      let found = 0;
      while (found === 0) {
        await sleep(500);
        const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(selector)}`);
        found = ((await answer.json()) as { readonly data: { readonly result: readonly object[] } }).data.result.length;
      }
    }
  });

  it('of collectors are there, of a destination that refuses and of one that never answers', async () => {
    const [intake = 0, intakeHttp = 0, own = 0] = await freePorts(3);
    const refusing = await listen((request, response) => {
      request.resume();
      response.writeHead(400).end();
    });
    const silent = await listen((request) => void request.resume());
    const taking = await listen((request, response) => {
      request.resume();
      request.on('end', () => void response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
    });
    servers.push(refusing.server, silent.server, taking.server);
    const exporter = (url: string, queue: object = {}) => ({
      endpoint: url,
      sending_queue: { enabled: true, queue_size: 1, num_consumers: 1, block_on_overflow: false, ...queue },
    });
    const pipeline = {
      receivers: ['otlp'],
      exporters: ['otlp_http/refusing', 'otlp_http/silent', 'otlp_http/taking'],
    };
    const config = {
      receivers: {
        otlp: {
          protocols: {
            grpc: { endpoint: `127.0.0.1:${intake}` },
            http: { endpoint: `127.0.0.1:${intakeHttp}` },
          },
        },
      },
      exporters: {
        'otlp_http/refusing': exporter(refusing.url),
        'otlp_http/silent': exporter(silent.url),
        'otlp_http/taking': exporter(taking.url, { queue_size: 1000 }),
      },
      service: {
        telemetry: ownTelemetry,
        pipelines: { traces: pipeline, logs: pipeline, metrics: pipeline },
      },
    };
    const text = dump(config).replace('host: 0.0.0.0', 'host: 127.0.0.1').replace('port: 8888', `port: ${own}`);
    others.push(await startCollector(text));
    // What is refused makes the sender fail, as it should.
    const send = () =>
      sendTraces({ endpoint: `127.0.0.1:${intake}`, service: 'checkout', traces: 10 }).catch(() => undefined);
    for (let times = 0; times < 3; times += 1) {
      await send();
      await post(`http://127.0.0.1:${intakeHttp}/v1/logs`, logsOf(lineOf('of now')));
      await post(`http://127.0.0.1:${intakeHttp}/v1/metrics`, metricsOf('requests', 1));
    }
    await answersWith(`http://127.0.0.1:${own}`, answered.collector);
  });
});
