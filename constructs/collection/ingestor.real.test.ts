import { setTimeout as sleep } from 'node:timers/promises';
import { answers, freePorts, startCollector } from '../../tools/peers';
import { dump } from '../core/yaml';
import { ingestorConfig } from './ingestor-config';
import { signals, type Signal } from './signal';

/** What is sent of a signal: one of it. */
const requests: Readonly<Record<Signal, object>> = {
  traces: {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                ...{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7', name: 'GET /', kind: 2 },
                ...{ startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000000001000000' },
              },
            ],
          },
        ],
      },
    ],
  },
  logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'a line' } }] }] }] },
  metrics: {
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [{ name: 'carts', gauge: { dataPoints: [{ asInt: '1', timeUnixNano: '1700000000000000000' }] } }],
          },
        ],
      },
    ],
  },
};

/** An aggregator as far as an ingestor knows of one: it takes what is sent. */
function takingAll(port: number): string {
  const pipelines = Object.fromEntries(signals.map((each) => [each, { receivers: ['otlp'], exporters: ['debug'] }]));
  return dump({
    receivers: { otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { debug: {} },
    service: { pipelines, telemetry: { metrics: { level: 'none' } } },
  });
}

describe('The ingestor', () => {
  it('acknowledges of no signal what no aggregator has, and what one has at once', async () => {
    const [grpc = 0, http = 0, health = 0, metrics = 0, port = 0] = await freePorts(5);
    const [host, authority] = ['127.0.0.1', `127.0.0.1:${port}`];
    const text = dump(
      ingestorConfig({
        aggregator: { host, port, authority, url: authority },
        signals,
        retrySeconds: 60,
        queueSize: 10,
      }),
    )
      .replace('0.0.0.0:4317', `127.0.0.1:${grpc}`)
      .replace('0.0.0.0:4318', `127.0.0.1:${http}`)
      .replace('0.0.0.0:13133', `127.0.0.1:${health}`)
      .replace('host: 0.0.0.0', 'host: 127.0.0.1')
      .replace('port: 8888', `port: ${metrics}`);
    const ingestor = await startCollector(text, { ready: answers(`http://127.0.0.1:${health}/`, 200) });
    const send = (signal: Signal, timeoutMs: number) =>
      fetch(`http://127.0.0.1:${http}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(requests[signal]),
        signal: AbortSignal.timeout(timeoutMs),
      }).then(
        ({ status }) => status,
        () => 'no answer',
      );
    try {
      expect(await Promise.all(signals.map((signal) => send(signal, 2_000)))).toEqual(signals.map(() => 'no answer'));
      const aggregator = await startCollector(takingAll(port));
      try {
        for (const signal of signals) while ((await send(signal, 10_000)) !== 200) await sleep(200);
      } finally {
        await aggregator.stop();
      }
    } finally {
      await ingestor.stop();
    }
  });
});
