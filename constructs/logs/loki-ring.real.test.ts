import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { Duration } from 'cdk8s';
import {
  type AlertmanagerPeer,
  dataDirectory,
  lokiOnLoopback,
  type LokiPeer,
  type S3Peer,
  startAlertmanager,
  startLoki,
  startS3,
  substituteAddresses,
} from '../../tools/peers';
import { Alertmanager } from '../alerting/alertmanager';
import { Endpoint } from '../core/endpoint';
import { ringOnLoopback } from '../core/ring.testing';
import { ObjectStore } from '../storage/object-store';
import { fileOf, renderApp, testApp } from '../testing';
import { otlpLines } from './log-alerts.testing';
import { Loki } from './loki';

function render() {
  const app = testApp();
  const alerting = new Alertmanager(app.chart('alerting'), 'alertmanager', {
    receivers: {
      platform: { webhook: { endpoint: Endpoint.external('hooks.example.org', 80, { scheme: 'http' }), path: '/' } },
    },
    otherwise: 'platform',
    grouping: { wait: Duration.seconds(1), interval: Duration.seconds(1) },
  });
  const logs = new Loki(app.chart('logs'), 'loki', {
    replicas: 3,
    chunks: new ObjectStore(app.chart('storage'), 'objects').bucket('loki-chunks'),
    evaluationInterval: Duration.seconds(1),
    logAlerts: [
      {
        name: 'OutOfStock',
        expr: 'sum by (service_name) (count_over_time({service_name="cart"} |= "out of stock" [1h])) > 0',
        for: Duration.seconds(1),
        severity: 'warning',
        summary: '{{ $labels.service_name }} has nothing to sell',
        description: 'People order what is not there.',
      },
    ],
  });
  app.collect({ logs, alerting });
  return renderApp(app);
}

/** Seconds until `done` is. */
async function secondsUntil(done: () => Promise<boolean>): Promise<number> {
  const start = performance.now();
  while (!(await done())) await sleep(100);
  return Math.round(performance.now() - start) / 1000;
}

describe('Three Lokis as they are rendered, on a bucket', () => {
  const told: { readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[] }[] = [];
  let store: S3Peer;
  let people: Server;
  let alertmanager: AlertmanagerPeer;
  let lokis: readonly LokiPeer[];

  beforeAll(async () => {
    const objects = render();
    store = await startS3();
    const { endpoint, region, credentials } = store;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'loki-chunks' }));
    client.destroy();
    people = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        told.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as (typeof told)[number]);
        response.end();
      });
    });
    people.listen(0, '127.0.0.1');
    await once(people, 'listening');
    alertmanager = await startAlertmanager(
      substituteAddresses(fileOf(objects, 'alertmanager-config', 'alertmanager.yml'), {
        'http://hooks.example.org:80': `http://127.0.0.1:${(people.address() as AddressInfo).port}`,
      }),
      ['--cluster.listen-address='],
    );
    const rules = await dataDirectory('loki-ring-rules');
    await mkdir(join(rules, 'fake'));
    await writeFile(join(rules, 'fake', 'loki.yml'), fileOf(objects, 'loki-rules', 'loki.yml'));
    const members = await ringOnLoopback('loki-headless.logs.svc.cluster.local');
    lokis = await Promise.all(
      members.map(async ({ table, env }) => {
        const text = substituteAddresses(fileOf(objects, 'loki-config', 'loki.yaml'), {
          ...(await lokiOnLoopback()),
          ...table,
          'objects.storage.svc.cluster.local:7070': new URL(endpoint).host,
          '/etc/loki-rules': rules,
          '_http._tcp.alertmanager-headless.alerting.svc.cluster.local': new URL(alertmanager.url).host,
          'enable_alertmanager_discovery: true': 'enable_alertmanager_discovery: false',
        });
        const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = credentials;
        return startLoki(text, { env: { ...env, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } });
      }),
    );
  });
  afterAll(async () => {
    await Promise.all([...lokis, alertmanager].map((peer) => peer.stop()));
    await store.stop();
    people.closeAllConnections();
    people.close();
  });

  async function send(member: number, service: string, text: string, atMs = Date.now()): Promise<boolean> {
    const response = await fetch(`${lokis[member]?.url}/otlp/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(otlpLines(service, { count: 1, text }, atMs)),
    });
    return response.status === 204;
  }

  async function linesOf(member: number, service: string): Promise<readonly string[]> {
    const query = encodeURIComponent(`{service_name="${service}"}`);
    const answer = await fetch(
      `${lokis[member]?.url}/loki/api/v1/query_range?query=${query}&since=1h&limit=5000&direction=forward`,
    );
    if (answer.status !== 200) throw new Error(`member ${member} answers ${answer.status}: ${await answer.text()}`);
    type Answer = { readonly data: { readonly result: readonly { readonly values: readonly [string, string][] }[] } };
    return ((await answer.json()) as Answer).data.result.flatMap(({ values }) => values.map(([, line]) => line));
  }

  async function activeMembers(of: number): Promise<number> {
    const metrics = await (await fetch(`${lokis[of]?.url}/metrics`)).text();
    return Number(/^loki_ring_members\{name="ingester",state="ACTIVE"\} (\d+)/m.exec(metrics)?.[1] ?? 0);
  }

  it('are one: what one of them takes, each finds', async () => {
    for (const member of [0, 1, 2]) while ((await activeMembers(member)) < 3) await sleep(200);
    for (const writer of [0, 1, 2]) {
      const line = `written to ${writer}`;
      expect(await send(writer, 'one', line)).toBe(true);
      for (const reader of [0, 1, 2]) {
        const seconds = await secondsUntil(async () => (await linesOf(reader, 'one')).includes(line));
        process.stdout.write(`A line that ${writer} took was found by ${reader} after ${seconds} s\n`);
      }
    }
    expect(await linesOf(0, 'one')).toHaveLength(3);
  });

  it('have an alert about lines evaluated by one of them, and people told once', async () => {
    expect(await send(0, 'cart', 'out of stock')).toBe(true);
    while (told.length === 0) await sleep(200);
    const evaluated = await Promise.all(
      lokis.map(async ({ url }) => {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        return Array.from(metrics.matchAll(/^loki_prometheus_rule_group_rules\{.*\} (\d+)$/gm)).length;
      }),
    );
    expect(evaluated.reduce((sum, each) => sum + each, 0)).toBe(1);
    // Ten evaluations later there is no second message of it.
    await sleep(10_000);
    expect(told.flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname))).toEqual(['OutOfStock']);
  });

  it('lose nothing that was taken when one is killed, and go on taking lines', async () => {
    const taken: string[] = [];
    let refused = 0;
    /** As who sends through a Service does: a request that fails is sent again, to whom it may be. */
    const write = async (count: number) => {
      for (let index = 0; index < count; index += 1) {
        const [line, atMs] = [`line ${taken.length}`, Date.now()];
        for (let attempt = 0; ; attempt += 1) {
          if (await send((index + attempt) % 3, 'shop', line, atMs).catch(() => false)) break;
          refused += 1;
        }
        taken.push(line);
      }
    };
    await write(100);
    const writing = write(300);
    await lokis[2]?.kill();
    await writing;
    await write(100);
    process.stdout.write(`${taken.length} lines were taken, ${refused} requests were sent again\n`);
    for (const reader of [0, 1]) expect([...(await linesOf(reader, 'shop'))].sort()).toEqual([...taken].sort());
    await lokis[2]?.restart();
    for (const member of [0, 1, 2]) while ((await activeMembers(member)) < 3) await sleep(200);
    for (const reader of [0, 1, 2]) {
      const start = performance.now();
      expect([...(await linesOf(reader, 'shop'))].sort()).toEqual([...taken].sort());
      process.stdout.write(`${reader} found them in ${Math.round(performance.now() - start)} ms\n`);
    }
  });
});
