import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, dataDirectory, freePorts, startCollector, type Peer } from '../../tools/peers';
import { defined } from '../core/defined';
import { dump } from '../core/yaml';
import { aggregatorConfig, queueFolder } from './aggregator-config';
import { saltVariable, type Redaction } from './redaction';
import { clearingFeature } from './redaction-statements';

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number | string;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly OtlpValue[] };
  readonly kvlistValue?: { readonly values: readonly OtlpAttribute[] };
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

/** A span as OTLP has it in JSON. */
export interface OtlpSpan {
  readonly spanId: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly events?: readonly {
    readonly timeUnixNano: string;
    readonly name: string;
    readonly attributes?: readonly OtlpAttribute[];
  }[];
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: readonly OtlpAttribute[];
  }[];
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes?: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

type Scalar = string | number | boolean;
type Value = Scalar | readonly Value[] | { readonly [key: string]: Value };
type Attributes = Readonly<Record<string, Value>>;

/** 2023-11-14T22:13:20Z, when every {@link span} starts. */
export const startMs = 1_700_000_000_000;

export const spanKind = { server: 2, client: 3 } as const;

/** A span to be sent. */
export function span(name: string, attributes: Attributes, kind: number, durationMs = 0): OtlpSpan {
  const made = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: Buffer.from(name.padEnd(8).slice(0, 8)).toString('hex'),
    name,
    kind,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + durationMs}000000`,
    attributes: encode(attributes),
  };
  return made;
}

/** Attributes as OTLP has them. */
export function encode(attributes: Attributes): readonly OtlpAttribute[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }));
}

function encodeValue(value: Value): OtlpValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return { intValue: value };
    return { doubleValue: Number.isNaN(value) ? 'NaN' : value };
  }
  if (typeof value === 'boolean') return { boolValue: value };
  if (isList(value)) return { arrayValue: { values: value.map(encodeValue) } };
  return { kvlistValue: { values: encode(value) } };
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Values by key. */
export function attributesOf(attributes: readonly OtlpAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]),
  );
}

/** Takes OTLP as JSON over HTTP, while it is open, and keeps what it gets. */
export class TraceSink {
  /** Attributes of the newest resource. */
  resource: Record<string, unknown> = {};
  /** Everything that came, as it came. */
  text = '';
  private readonly spans: OtlpSpan[] = [];
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      this.text += text;
      this.take(JSON.parse(text) as OtlpRequest);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });

  async open(port = 0): Promise<number> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Waits until this many spans arrived; ends with the test's own deadline. */
  async received(count: number): Promise<readonly OtlpSpan[]> {
    while (this.spans.length < count) await sleep(50);
    return this.spans;
  }

  private take({ resourceSpans }: OtlpRequest): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      this.resource = attributesOf(resource.attributes);
      this.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
    }
  }
}

/** A running aggregator and how to send to it. */
export interface TestAggregator extends Peer {
  /** @param scope attributes of the instrumentation */
  send(resource: Attributes, spans: readonly OtlpSpan[], scope?: Attributes): Promise<void>;
}

/** The aggregator as it is rendered, but that it takes and sends OTLP as JSON over HTTP on loopback. */
export async function startAggregator(sinkPort: number, redaction?: Redaction): Promise<TestAggregator> {
  const [intake = 0, health = 0, metrics = 0] = await freePorts(3);
  const text = dump(overHttp(intake, sinkPort, redaction))
    .replaceAll('0.0.0.0:13133', `127.0.0.1:${health}`)
    .replaceAll('host: 0.0.0.0', 'host: 127.0.0.1')
    .replaceAll('port: 8888', `port: ${metrics}`)
    .replaceAll(queueFolder, await dataDirectory('queues'));
  const collector = await startCollector(text, {
    args: [`--feature-gates=${clearingFeature}`],
    env: { [saltVariable]: 'grain' },
    ready: answers(`http://127.0.0.1:${health}/`, 200),
  });
  return {
    directory: collector.directory,
    stop: () => collector.stop(),
    kill: () => collector.kill(),
    restart: () => collector.restart(),
    send: async (resource, spans, scope = {}) => {
      const body = {
        resourceSpans: [
          { resource: { attributes: encode(resource) }, scopeSpans: [{ scope: { attributes: encode(scope) }, spans }] },
        ],
      };
      const headers = { 'content-type': 'application/json' };
      const url = `http://127.0.0.1:${intake}/v1/traces`;
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    },
  };
}

function overHttp(intake: number, sinkPort: number, redaction: Redaction | undefined): object {
  const connection = { host: 'elsewhere', port: 4317, authority: 'elsewhere:4317', url: 'elsewhere:4317' };
  const config = aggregatorConfig({
    traces: [{ kind: 'otlp', name: 'store', connection }],
    waitSeconds: 1,
    numTraces: 100,
    batchSize: 64,
    batchTimeoutSeconds: 1,
    retrySeconds: 60,
    queueBytes: 2 ** 20,
    ...defined({ redaction }),
  });
  const { endpoint: _, tls: __, ...delivery } = config.exporters['otlp_grpc/store'] as Record<string, unknown>;
  return {
    ...config,
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${intake}` } } } },
    exporters: {
      'otlp_http/store': {
        ...delivery,
        endpoint: `http://127.0.0.1:${sinkPort}`,
        encoding: 'json',
        compression: 'none',
      },
    },
    service: {
      ...config.service,
      pipelines: Object.fromEntries(
        Object.entries(config.service.pipelines).map(([id, pipeline]) => [
          id,
          id === 'traces/store' ? { ...pipeline, exporters: ['otlp_http/store'] } : pipeline,
        ]),
      ),
    },
  };
}
