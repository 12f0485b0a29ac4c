import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownTelemetry } from '../constructs/collection/collector-config';
import { dump } from '../constructs/core/yaml';
import { Loki } from '../constructs/logs/loki';
import { fileOf, renderApp, testApp } from '../constructs/testing';
import {
  dataDirectory,
  freePorts,
  sendTraces,
  startAlertmanager,
  startCollector,
  startLoki,
  startPrometheus,
  startTempo,
  substituteAddresses,
  telemetrygen,
  type Peer,
  type PrometheusPeer,
} from '../tools/peers';
import { answered } from './exposed-metrics.testing';
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

async function listen(answer: RequestListener): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('Series that rules ask for', () => {
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
  });

  it('of Loki are there, once it has refused a line', async () => {
    const [http = 0, grpc = 0] = await freePorts(2);
    const app = testApp();
    new Loki(app.chart('logs'), 'loki');
    const loki = await startLoki(
      substituteAddresses(fileOf(renderApp(app), 'loki-config', 'loki.yaml'), {
        'http_listen_port: 3100': `http_listen_port: ${http}`,
        'grpc_listen_port: 9095': `grpc_listen_port: ${grpc}`,
        '/var/loki': await dataDirectory('loki-metrics'),
      }),
    );
    others.push(loki);
    const tooOld = { timeUnixNano: '1', body: { stringValue: 'of 1970' } };
    await fetch(`${loki.url}/otlp/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords: [tooOld] }] }] }),
    });
    await answersWith(loki.url, answered.loki);
  });

  it('of Tempo are there, and what it writes has the labels that alerts of applications go by', async () => {
    const [otlp = 0, http = 0, grpc = 0, gossip = 0] = await freePorts(4);
    const data = await dataDirectory('tempo-metrics');
    const tempo = await startTempo(
      dump({
        server: {
          http_listen_address: '127.0.0.1',
          http_listen_port: http,
          grpc_listen_address: '127.0.0.1',
          grpc_listen_port: grpc,
        },
        distributor: { receivers: { otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${otlp}` } } } } },
        ingester: {
          lifecycler: { address: '127.0.0.1', ring: { kvstore: { store: 'inmemory' }, replication_factor: 1 } },
        },
        memberlist: { bind_addr: ['127.0.0.1'], bind_port: gossip, leave_timeout: '1s' },
        querier: { frontend_worker: { frontend_address: `127.0.0.1:${grpc}` } },
        metrics_generator: {
          registry: { collection_interval: '1s' },
          ring: { instance_addr: '127.0.0.1', kvstore: { store: 'inmemory' } },
          storage: { path: join(data, 'generator'), remote_write: [{ url: `${prometheus.url}/api/v1/write` }] },
          traces_storage: { path: join(data, 'traces') },
        },
        overrides: { defaults: { metrics_generator: { processors: ['span-metrics'] } } },
        storage: {
          trace: { backend: 'local', local: { path: join(data, 'blocks') }, wal: { path: join(data, 'wal') } },
        },
        usage_report: { reporting_enabled: false },
      }),
    );
    others.push(tempo);
    await sendTraces({ endpoint: `127.0.0.1:${otlp}`, service: 'checkout', traces: 20, status: 'Error' });
    await answersWith(tempo.queryUrl, answered.tempo);
    const labels = '{service="checkout", span_kind="SPAN_KIND_SERVER", status_code="STATUS_CODE_ERROR"}';
    for (const name of answered.spanMetrics) {
      let found = 0;
      while (found === 0) {
        await sleep(500);
        const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(name + labels)}`);
        found = ((await answer.json()) as { readonly data: { readonly result: readonly object[] } }).data.result.length;
      }
    }
  });

  it('of collectors are there, of a destination that refuses and of one that never answers', async () => {
    const [intake = 0, own = 0] = await freePorts(2);
    const refusing = await listen((request, response) => {
      request.resume();
      response.writeHead(400).end();
    });
    const silent = await listen((request) => void request.resume());
    servers.push(refusing.server, silent.server);
    const exporter = (url: string) => ({
      endpoint: url,
      sending_queue: { enabled: true, queue_size: 1, num_consumers: 1, block_on_overflow: false },
    });
    const config = {
      receivers: { otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${intake}` } } } },
      exporters: { 'otlp_http/refusing': exporter(refusing.url), 'otlp_http/silent': exporter(silent.url) },
      service: {
        telemetry: ownTelemetry,
        pipelines: Object.fromEntries(
          ['traces', 'logs', 'metrics'].map((signal) => [
            signal,
            { receivers: ['otlp'], exporters: ['otlp_http/refusing', 'otlp_http/silent'] },
          ]),
        ),
      },
    };
    const text = dump(config).replace('host: 0.0.0.0', 'host: 127.0.0.1').replace('port: 8888', `port: ${own}`);
    others.push(await startCollector(text));
    // What is refused makes the sender fail, as it should.
    const to = ['--otlp-endpoint', `127.0.0.1:${intake}`, '--otlp-insecure', '--rate', '0'];
    const send = (signal: string) => telemetrygen([signal, ...to, `--${signal}`, '10']).catch(() => undefined);
    for (let times = 0; times < 3; times += 1) await Promise.all(['traces', 'logs', 'metrics'].map(send));
    await answersWith(`http://127.0.0.1:${own}`, answered.collector);
  });
});
