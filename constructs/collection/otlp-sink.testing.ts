import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, dataDirectory, freePorts, startCollector, type Peer } from '../../tools/peers';
import type { Connection } from '../core/connection';
import { dump } from '../core/yaml';
import { aggregatorConfig, queueFolder, type AggregatorConfigOptions } from './aggregator-config';
import { saltVariable } from './redaction';

/* An aggregator as it is rendered for log records and metrics, and a store that keeps what it is sent. */

/** Takes requests of any signal as JSON and keeps them by their path, `/v1/logs` or `/v1/metrics`. */
export class OtlpSink {
  private readonly bodies: { readonly path: string; readonly text: string }[] = [];
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.bodies.push({ path: request.url ?? '', text: Buffer.concat(chunks).toString('utf8') });
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });

  /** Everything that came, as it came. */
  get text(): string {
    return this.bodies.map(({ text }) => text).join('\n');
  }

  /** @returns `host:port` */
  async open(port = 0): Promise<string> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Waits until what came to a path has this in it; ends with the test's own deadline. */
  async received<Body>(path: string, part: string): Promise<readonly Body[]> {
    const found = () => this.bodies.filter((body) => body.path === path);
    while (!found().some(({ text }) => text.includes(part))) await sleep(50);
    return found().map(({ text }) => JSON.parse(text) as Body);
  }
}

/** A running aggregator of log records and metrics. */
export interface SignalAggregator extends Peer {
  /** @param path `/v1/logs` or `/v1/metrics` */
  post(path: string, body: object): Promise<void>;
}

/** How an {@link OtlpSink} is reached. */
export function connectionTo(authority: string): Connection {
  const [host = '', port = ''] = authority.split(':');
  return { host, port: Number(port), authority, url: `http://${authority}` };
}

/**
 * The aggregator as it is rendered, but that it takes OTLP over HTTP on loopback, and sends it as JSON.
 *
 * @param authority of the store that gets everything, unless something else is said
 */
export async function startSignalAggregator(
  authority: string,
  said: Partial<AggregatorConfigOptions> = {},
): Promise<SignalAggregator> {
  const [intake = 0, health = 0, metrics = 0] = await freePorts(3);
  const connection = connectionTo(authority);
  const options: AggregatorConfigOptions = {
    traces: [],
    logs: [{ name: 'lines', connection }],
    metrics: [{ name: 'series', connection }],
    waitSeconds: 1,
    numTraces: 100,
    batchSize: 64,
    batchTimeoutSeconds: 1,
    retrySeconds: 60,
    queueBytes: 2 ** 20,
    ...said,
  };
  const { receivers: _, exporters, ...config } = aggregatorConfig(options);
  const asJson = Object.entries(exporters).map(([id, exporter]) => [
    id,
    { ...exporter, encoding: 'json', compression: 'none' },
  ]);
  const changed = {
    ...config,
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${intake}` } } } },
    exporters: Object.fromEntries(asJson) as object,
  };
  const text = dump(changed)
    .replaceAll('0.0.0.0:13133', `127.0.0.1:${health}`)
    .replaceAll('host: 0.0.0.0', 'host: 127.0.0.1')
    .replaceAll('port: 8888', `port: ${metrics}`)
    .replaceAll(queueFolder, await dataDirectory('queues'));
  const collector = await startCollector(text, {
    env: { [saltVariable]: 'grain' },
    ready: answers(`http://127.0.0.1:${health}/`, 200),
  });
  return collector.with({
    post: async (path: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`http://127.0.0.1:${intake}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    },
  });
}
