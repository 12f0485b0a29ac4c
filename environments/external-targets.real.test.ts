import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { Endpoint, FastApiTarget, JenkinsTarget, Prometheus } from '../constructs';
import { fileOf, objectOf, renderApp, testApp } from '../constructs/testing';
import {
  CertificateAuthority,
  dataDirectory,
  startFastApi,
  startPrometheus,
  type FastApiPeer,
  type PrometheusPeer,
} from '../tools/peers';
import { interpolated, queriesOf } from './dashboards.testing';

/* A real FastAPI application, and what asks for credentials as a Jenkins does, read by a real Prometheus with the rendered configuration. */

const app = testApp();
const chart = app.chart('examples');
const fastApi = new FastApiTarget(chart, 'fastapi', {
  endpoint: Endpoint.external('api.example.org', 8000, { scheme: 'http' }),
});
const jenkins = new JenkinsTarget(chart, 'jenkins', {
  endpoint: Endpoint.external('jenkins.example.org', 443, { scheme: 'https', tls: { ca: 'jenkins-ca' } }),
  credentials: { kind: 'basic' },
});
const collector = new Prometheus(app.chart('metrics'), 'prometheus');
collector.scrape(fastApi, jenkins);
collector.evaluate(fastApi, jenkins);
const objects = renderApp(app);

const program = `
import time
from fastapi import FastAPI, Response
from prometheus_fastapi_instrumentator import Instrumentator

app = FastAPI()

@app.get("/orders/{order}")
def order(order: int):
    return {"order": order}

@app.get("/broken")
def broken():
    return Response(status_code=503)

@app.get("/slow")
def slow():
    time.sleep(1.2)
    return {}

Instrumentator().instrument(app).expose(app)
`;

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

let folder: string;
let application: FastApiPeer;
let prometheus: PrometheusPeer;
let server: Server;
let pointing = false;
/** Requests to the Jenkins of the test: their path, and what they prove. */
const asked: { readonly path: string; readonly authorization: string }[] = [];

async function ask(query: string): Promise<readonly Sample[]> {
  const response = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
  const body = (await response.json()) as { readonly error?: string; readonly data?: { readonly result: Sample[] } };
  if (body.data === undefined) throw new Error(`${query}: ${body.error ?? response.statusText}`);
  return body.data.result;
}

async function until(query: string): Promise<readonly Sample[]> {
  const numbers = async () => (await ask(query)).filter(({ value: [, value] }) => value !== 'NaN');
  let samples = await numbers();
  for (let tries = 0; tries < 160 && samples.length === 0; tries += 1) {
    await sleep(250);
    samples = await numbers();
  }
  return samples;
}

/** Points elsewhere without the slash, and answers only who may read: what the plugin does. */
async function startJenkins(): Promise<number> {
  const authority = await CertificateAuthority.create(folder);
  const { certificateFile, keyFile } = await authority.issue('jenkins', '/CN=jenkins', [
    'DNS:jenkins.example.org',
    'IP:127.0.0.1',
  ]);
  const options = { cert: await readFile(certificateFile), key: await readFile(keyFile) };
  server = createServer(options, (request: IncomingMessage, response) => {
    const { url: path = '', headers } = request;
    const { authorization = '' } = headers;
    asked.push({ path, authorization });
    const expected = `Basic ${Buffer.from('reader:pass-of-reader').toString('base64')}`;
    if (path !== '/prometheus/') response.writeHead(302, { location: '/prometheus/' }).end();
    else if (pointing) response.writeHead(302, { location: '/elsewhere' }).end();
    else if (authorization !== expected) response.writeHead(401).end();
    else
      response
        .writeHead(200, { 'content-type': 'text/plain; version=0.0.4' })
        .end('default_jenkins_up 1.0\njenkins_plugins_failed 2.0\njenkins_queue_size_value 12.0\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface ScrapeConfig {
  readonly job_name: string;
  readonly tls_config?: object;
}

/** The rendered jobs of both, with addresses and files of this machine. */
async function config(jenkinsPort: number): Promise<string> {
  const secret = join(folder, 'secrets');
  await mkdir(join(secret, 'jenkins'), { recursive: true });
  await writeFile(join(secret, 'jenkins', 'username'), 'reader');
  await writeFile(join(secret, 'jenkins', 'password'), 'pass-of-reader');
  const rules = join(folder, 'rules');
  await mkdir(rules);
  for (const [name, text] of Object.entries(objectOf(objects, 'ConfigMap', 'prometheus-rules').data))
    await writeFile(join(rules, name), text.replace(/^(\s+for:) .*$/gm, '$1 0s'));
  const text = fileOf(objects, 'prometheus-config', 'prometheus.yml')
    .replaceAll('/etc/prometheus-credentials', secret)
    .replace(/\S+jenkins-ca\S*\/ca\.crt/g, join(folder, 'ca.crt'))
    .replaceAll('jenkins.example.org:443', `127.0.0.1:${jenkinsPort}`)
    .replaceAll('api.example.org:8000', `${application.host}:${application.port}`);
  const { scrape_configs: jobs } = parse(text) as { readonly scrape_configs: readonly ScrapeConfig[] };
  return JSON.stringify({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(rules, '*.yml')],
    scrape_configs: jobs.filter(({ job_name }) => ['jenkins', 'fastapi'].includes(job_name)),
  });
}

beforeAll(async () => {
  folder = await dataDirectory('external-targets');
  application = await startFastApi(program, '/metrics');
  prometheus = await startPrometheus(await config(await startJenkins()));
  await until('count(up == 1) == 2');
});
afterAll(async () => {
  await Promise.all([prometheus.stop(), application.stop()]);
  server.close();
});

describe('A FastAPI application with its instrumentator', () => {
  it('fires what fails and is slow, and every panel of it shows something', async () => {
    const get = (path: string) => fetch(`${application.url}${path}`);
    await Promise.all(['/orders/1', '/broken', '/slow'].map(get));
    // Once Prometheus has seen each begin.
    await until('http_requests_total{handler="/slow"}');
    for (let round = 0; round < 60; round += 1) await Promise.all([get(`/orders/${round}`), get('/broken')]);
    await Promise.all(Array.from({ length: 20 }, () => get('/slow')));
    for (const alert of ['FastApiErrors', 'FastApiSlow']) {
      const firing = await until(`ALERTS{alertname="${alert}", alertstate="firing"}`);
      expect([alert, firing.map(({ metric }) => metric.job)]).toEqual([alert, ['fastapi']]);
    }
    for (const { panel, text } of fastApi.dashboards.flatMap(queriesOf)) {
      const rows = await until(interpolated(text));
      expect([panel, rows.length > 0]).toEqual([panel, true]);
    }
  });

  it('names its handlers, and not each of their paths', async () => {
    const handlers = (await ask('http_requests_total')).map(({ metric: { handler } }) => handler);
    expect(new Set(handlers)).toEqual(new Set(['/orders/{order}', '/broken', '/slow', '/metrics']));
  });
});

describe('What asks for credentials', () => {
  it('is read with those of the files, at the path with its slash', async () => {
    expect(await until('default_jenkins_up == 1')).toHaveLength(1);
    expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/prometheus/']));
    for (const alert of ['JenkinsPluginsFailed', 'JenkinsQueueLong'])
      expect([alert, (await until(`ALERTS{alertname="${alert}", alertstate="firing"}`)).length]).toEqual([alert, 1]);
  });

  it('is read with new ones as soon as the files have them', async () => {
    await writeFile(join(folder, 'secrets', 'jenkins', 'password'), 'another');
    expect(await until('up{job="jenkins"} == 0')).toHaveLength(1);
    await writeFile(join(folder, 'secrets', 'jenkins', 'password'), 'pass-of-reader');
    expect(await until('up{job="jenkins"} == 1')).toHaveLength(1);
  });

  it('cannot send who reads it elsewhere', async () => {
    pointing = true;
    expect(await until('up{job="jenkins"} == 0')).toHaveLength(1);
    expect(asked.map(({ path }) => path)).not.toContain('/elsewhere');
    pointing = false;
    expect(await until('up{job="jenkins"} == 1')).toHaveLength(1);
  });
});
