import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { answers, freePorts, startCollector, validateCollector, type Peer } from '../../tools/peers';
import { dump } from '../core/yaml';
import { ingestorConfig } from './ingestor-config';
import { startMs, TraceSink } from './testing';
import { thriftBinary, thriftCompactCall, type ThriftStruct } from './thrift.testing';
import { traceProtocolPorts, type TraceProtocol } from './trace-protocols';

const protocols = Object.keys(traceProtocolPorts) as readonly TraceProtocol[];
const aggregator = { host: 'aggregator', port: 4317, authority: 'aggregator:4317', url: 'aggregator:4317' };
const configOf = (traceProtocols: readonly TraceProtocol[]) =>
  ingestorConfig({ aggregator, traceProtocols, retrySeconds: 60, queueSize: 100 });

/** A span of Jaeger's Thrift model. @see https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift */
function batch(name: string): ThriftStruct {
  const span: ThriftStruct = [
    [1, 0x0af7651916cd43ddn],
    [2, 0x1448eb211c80319cn],
    [3, 0x17ad6b7169203331n],
    [4, 0n],
    [5, name],
    [7, 1],
    [8, BigInt(startMs) * 1000n],
    [9, 5000n],
  ];
  return [
    [1, { struct: [[1, 'shop']] }],
    [2, { list: [span] }],
  ];
}

/** A field of a protobuf message: bytes with their length. */
const field = (number: number, bytes: Buffer | string): Buffer =>
  Buffer.concat([Buffer.of((number << 3) | 2, Buffer.byteLength(bytes)), Buffer.from(bytes)]);

/** A request of Jaeger's own gRPC. @see https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/model.proto */
function postSpans(name: string): Buffer {
  const ids = [
    field(1, Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')),
    field(2, Buffer.from('00f067aa0ba902b7', 'hex')),
  ];
  const time = Buffer.of(8, ...[0x80, 0x9f, 0xcf, 0xaa, 0x06]);
  const span = Buffer.concat([...ids, field(3, name), field(6, time)]);
  return field(1, Buffer.concat([field(1, span), field(2, field(1, 'shop'))]));
}

describe('The ingestor, with other protocols than OTLP', () => {
  const sink = new TraceSink();
  const ports = new Map<TraceProtocol, number>();
  let ingestor: Peer;

  beforeAll(async () => {
    const sinkPort = await sink.open();
    const [otlpGrpc = 0, otlpHttp = 0, health = 0, metrics = 0, ...others] = await freePorts(4 + protocols.length);
    for (const [index, protocol] of protocols.entries()) ports.set(protocol, others[index] ?? 0);
    const config = configOf(protocols);
    const { traces } = config.service.pipelines;
    const store = { endpoint: `http://127.0.0.1:${sinkPort}`, encoding: 'json', compression: 'none' };
    let text = dump({
      ...config,
      exporters: { 'otlp_http/store': store },
      service: { ...config.service, pipelines: { traces: { ...traces, exporters: ['otlp_http/store'] } } },
    });
    for (const [protocol, port] of ports)
      text = text.replace(`0.0.0.0:${traceProtocolPorts[protocol].port}`, `127.0.0.1:${port}`);
    text = text
      .replace('0.0.0.0:4317', `127.0.0.1:${otlpGrpc}`)
      .replace('0.0.0.0:4318', `127.0.0.1:${otlpHttp}`)
      .replace('0.0.0.0:13133', `127.0.0.1:${health}`)
      .replace('host: 0.0.0.0', 'host: 127.0.0.1')
      .replace('port: 8888', `port: ${metrics}`);
    ingestor = await startCollector(text, { ready: answers(`http://127.0.0.1:${health}/`, 200) });
  });
  afterAll(async () => {
    await ingestor.stop();
    sink.close();
  });

  const portOf = (protocol: TraceProtocol): number => ports.get(protocol) ?? 0;

  async function arrived(name: string): Promise<void> {
    while (!sink.text.includes(`"name":"${name}"`)) await sleep(50);
    expect(sink.resource['service.name']).toBe('shop');
  }

  it('takes spans of Zipkin', async () => {
    const span = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      id: '17ad6b7169203331',
      name: 'of zipkin',
      timestamp: startMs * 1000,
      duration: 5000,
      localEndpoint: { serviceName: 'shop' },
    };
    const answer = await fetch(`http://127.0.0.1:${portOf('zipkin')}/api/v2/spans`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([span]),
    });
    expect(answer.status).toBe(202);
    await arrived('of zipkin');
  });

  it('takes spans of Jaeger by Thrift over HTTP', async () => {
    const answer = await fetch(`http://127.0.0.1:${portOf('jaeger-http')}/api/traces?format=jaeger.thrift`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-thrift' },
      body: new Uint8Array(thriftBinary(batch('by http'))),
    });
    expect([answer.status, await answer.text()]).toEqual([202, '']);
    await arrived('by http');
  });

  it('takes spans of Jaeger by UDP', async () => {
    const socket = createSocket('udp4');
    const call = thriftCompactCall('emitBatch', [[1, { struct: batch('by udp') }]]);
    socket.send(call, portOf('jaeger-compact'), '127.0.0.1', () => {
      socket.close();
    });
    await once(socket, 'close');
    await arrived('by udp');
  });

  it('takes spans of Jaeger by gRPC', async () => {
    const client = new Client(`127.0.0.1:${portOf('jaeger-grpc')}`, credentials.createInsecure());
    await new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest(
        '/jaeger.api_v2.CollectorService/PostSpans',
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        postSpans('by grpc'),
        (error) => {
          if (error === null) resolve();
          else reject(error);
        },
      );
    });
    client.close();
    await arrived('by grpc');
  });

  it.each(protocols)('is right with %s alone', async (protocol) => {
    await validateCollector(dump(configOf([protocol])));
  });
});
