import { setTimeout as sleep } from 'node:timers/promises';
import { startCollector, validateCollector } from './collector';
import { freePort } from './ports';
import type { Peer } from './process';
import { sendTraces } from './telemetrygen';
import { startLocalTempo, startTempo, type LocalTempoPeer } from './tempo';

function collectorConfig(receiverPort: number, tempo: string): string {
  return `
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:${receiverPort}"}}}}
exporters: {otlp_grpc: {endpoint: "${tempo}", tls: {insecure: true}}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}
`;
}

describe('The Collector and Tempo', () => {
  let tempo: LocalTempoPeer;
  let collector: Peer;
  let receiver: string;

  beforeAll(async () => {
    const receiverPort = await freePort();
    receiver = `127.0.0.1:${receiverPort}`;
    tempo = await startLocalTempo();
    collector = await startCollector(collectorConfig(receiverPort, tempo.otlpGrpc));
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
