import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCollector, validateCollector } from './collector';
import { dataDirectory } from './guard';
import { freePorts } from './ports';
import type { Peer } from './process';
import { sendTraces } from './telemetrygen';
import { startTempo, type TempoPeer } from './tempo';

async function tempoConfig(otlpPort: number): Promise<string> {
  const [http, grpc, gossip] = await freePorts(3);
  const data = await dataDirectory('tempo-blocks');
  return `
server: {http_listen_address: 127.0.0.1, http_listen_port: ${http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: ${grpc}}
distributor: {receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:${otlpPort}"}}}}}
ingester:
  trace_idle_period: 1s
  flush_check_period: 1s
  lifecycler: {address: 127.0.0.1, ring: {kvstore: {store: inmemory}, replication_factor: 1}}
memberlist: {bind_addr: [127.0.0.1], bind_port: ${gossip}, leave_timeout: 1s}
querier: {frontend_worker: {frontend_address: "127.0.0.1:${grpc}"}}
storage: {trace: {backend: local, local: {path: ${join(data, 'blocks')}}, wal: {path: ${join(data, 'wal')}}}}
usage_report: {reporting_enabled: false}
`;
}

function collectorConfig(receiverPort: number, tempoPort: number): string {
  return `
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:${receiverPort}"}}}}
exporters: {otlp_grpc: {endpoint: "127.0.0.1:${tempoPort}", tls: {insecure: true}}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}
`;
}

describe('The Collector and Tempo', () => {
  let tempo: TempoPeer;
  let collector: Peer;
  let receiver: string;

  beforeAll(async () => {
    const [receiverPort = 0, tempoPort = 0] = await freePorts(2);
    receiver = `127.0.0.1:${receiverPort}`;
    [tempo, collector] = await Promise.all([
      startTempo(await tempoConfig(tempoPort)),
      startCollector(collectorConfig(receiverPort, tempoPort)),
    ]);
  });
  afterAll(() => Promise.all([collector.stop(), tempo.stop()]));

  async function search(traceQl: string): Promise<readonly string[]> {
    const response = await fetch(`${tempo.queryUrl}/api/search?q=${encodeURIComponent(traceQl)}&limit=20`);
    const { traces = [] } = (await response.json()) as { readonly traces?: readonly { readonly traceID: string }[] };
    return traces.map(({ traceID }) => traceID);
  }

  it('carry traces of an independent client to where TraceQL and their ids find them', async () => {
    await sendTraces({ endpoint: receiver, service: 'checkout', traces: 3, childSpans: 4, status: 'Error' });
    let found: readonly string[] = [];
    while (found.length < 3) {
      await sleep(200);
      found = await search('{ resource.service.name = "checkout" && status = error }');
    }
    expect(found).toHaveLength(3);
    expect(await search('{ resource.service.name = "cart" }')).toEqual([]);
    for (const id of found) {
      const response = await fetch(`${tempo.queryUrl}/api/traces/${id}`);
      expect((await response.text()).match(/"spanId"/gi)).toHaveLength(5);
    }
    expect((await fetch(`${tempo.queryUrl}/api/traces/${'0'.repeat(31)}1`)).status).toBe(404);
  });

  it('refuse a configuration with an unknown field', async () => {
    await expect(validateCollector('receivers: {otlp: {protocol: {}}}')).rejects.toThrow(/protocol/);
    await expect(startTempo('server: {http_listen_port: 3200, no_such_field: 1}')).rejects.toThrow(/no_such_field/);
  });
});
