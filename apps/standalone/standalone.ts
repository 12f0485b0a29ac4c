import { serve } from '@hono/node-server';
import { consoleApp, IncidentIndex, type PipelineStatus } from '@plumbline/console';
import { topics } from '@plumbline/contracts';
import type { Incident } from '@plumbline/wire';
import { EmbeddedLog, runStage, systemClock, type RunningStage } from '@plumbline/worker';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { startGrpcReceiver } from './otlp/grpc-receiver';
import { startHttpReceiver } from './otlp/http-receiver';
import { presets, type Preset, type Settings } from './preset';
import { streamSink, type ReceiverCounts } from './receiver-sink';
import { createStages } from './stages';
import { openStores } from './stores';
import { embeddedTopics } from './topics';

export interface StandaloneOptions {
  /** Topics, offsets and objects live here; a later start goes on from them. */
  readonly dataDir: string;
  /** @default server */
  readonly preset?: Preset;
  /** Settings of the workers; they go before the preset. */
  readonly settings?: Settings;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Ports; 0 takes a free one. @default 4317, 4318 and 8080 */
  readonly ports?: { readonly otlpGrpc?: number; readonly otlpHttp?: number; readonly console?: number };
  /** Partitions of `traces`. @default 1 */
  readonly partitions?: number;
  /** Level of the log on standard error. @default warn */
  readonly logLevel?: string;
  /** Where messages go that no channel is configured for. @default - they are only kept */
  readonly onMessage?: (text: string) => void;
}

/** What {@link Standalone.status} tells. */
export interface StandaloneStatus extends PipelineStatus {
  /** Traces judged by a bundle, not abstained from. */
  readonly judged: number;
  readonly receiver: Readonly<ReceiverCounts>;
}

/** The running pipeline. */
export interface Standalone {
  readonly otlpHttpUrl: string;
  readonly otlpGrpcUrl: string;
  readonly consoleUrl: string;
  /** Rejects when a stage cannot go on. */
  readonly ended: Promise<void>;
  status(): StandaloneStatus;
  /** Newest first. */
  incidents(): readonly Incident[];
  /** Where an object of a bucket lies on this machine. */
  objectPath(bucket: string, key: string): string;
  /** Takes no more spans, lets every stage finish and commit. */
  stop(): Promise<void>;
}

/** Starts the whole pipeline in this process: OTLP receivers, embedded log, all stages, and the page. */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { dataDir, host = '127.0.0.1', partitions = 1 } = options;
  const settings = { ...presets[options.preset ?? 'server'], ...options.settings };
  const log = await EmbeddedLog.open({
    topics: embeddedTopics(partitions),
    clock: systemClock,
    directory: join(dataDir, 'log'),
  });
  const logger = pino({ level: options.logLevel ?? 'warn' }, pino.destination(2));
  const stores = await openStores(dataDir);
  const index = new IncidentIndex();
  const { stages, health } = createStages({
    stream: log,
    stores,
    settings,
    clock: systemClock,
    log: logger,
    index,
    ...(options.onMessage === undefined ? {} : { onMessage: options.onMessage }),
  });
  const running: RunningStage[] = [];
  for (const stage of stages) running.push(await runStage(stage, log));

  const receiver: ReceiverCounts = { requests: 0, spans: 0, rejectedSpans: 0, refusedRequests: 0 };
  const sink = streamSink(log, await log.partitions(topics.traces.name), receiver);
  const status = (): StandaloneStatus => ({ ...health(), receiver });
  const page = consoleApp({
    index,
    status,
    ...(settings.GRAFANA_URL === undefined ? {} : { grafanaUrl: settings.GRAFANA_URL }),
    ...(settings.RUNBOOK_URL === undefined ? {} : { runbookUrl: settings.RUNBOOK_URL }),
  });
  const http = await startHttpReceiver(sink, { host, port: options.ports?.otlpHttp ?? 4318 });
  const grpc = await startGrpcReceiver(sink, { host, port: options.ports?.otlpGrpc ?? 4317 });
  const server = serve({ fetch: page.fetch, hostname: host, port: options.ports?.console ?? 8080 });
  await once(server, 'listening');

  const address = (port: number) => `http://${host}:${port}`;
  return {
    otlpHttpUrl: address(http.port),
    otlpGrpcUrl: address(grpc.port),
    consoleUrl: address((server.address() as AddressInfo).port),
    ended: Promise.race(running.map(({ ended }) => ended)),
    status,
    incidents: () => index.list({ limit: 1000 }).incidents,
    objectPath: (bucket, key) => stores.path(bucket, key),
    stop: async () => {
      await Promise.all([http.stop(), grpc.stop()]);
      for (const stage of running) await stage.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await stores.close();
      await log.close();
    },
  };
}
