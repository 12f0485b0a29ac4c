import { serve } from '@hono/node-server';
import { consoleApp, IncidentIndex, type PipelineStatus } from '@plumbline/console';
import { topics } from '@plumbline/contracts';
import type { Incident } from '@plumbline/wire';
import { EmbeddedLog, runStage, silentObserver, systemClock, type Refused, type RunningStage } from '@plumbline/worker';
import type { Hono } from 'hono';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { startGrpcReceiver } from './otlp/grpc-receiver';
import { startHttpReceiver, type Receiver } from './otlp/http-receiver';
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

/** A port that somebody else listens on. */
export class PortTakenError extends Error {
  readonly code = 'PLUMBLINE_PORT_TAKEN';
  override readonly name = 'PortTakenError';

  constructor(what: string, port: number, options: ErrorOptions) {
    super(`port ${port} for ${what} is taken; choose another one, or 0 for a free one`, options);
  }
}

/**
 * Starts the whole pipeline in this process: OTLP receivers, embedded log, all stages, and the page.
 *
 * @throws {PortTakenError} and whatever else keeps a part from starting; nothing is left running then
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await start(options, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: StandaloneOptions,
  closers: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Standalone> {
  const { dataDir, host = '127.0.0.1', partitions = 1 } = options;
  const settings = { ...presets[options.preset ?? 'server'], ...options.settings };
  const log = await EmbeddedLog.open({
    topics: embeddedTopics(partitions),
    clock: systemClock,
    directory: join(dataDir, 'log'),
  });
  closers.push(() => log.close());
  const logger = pino({ level: options.logLevel ?? 'warn' }, pino.destination(2));
  const stores = await openStores(dataDir);
  closers.push(() => stores.close());
  const index = new IncidentIndex();
  const { stages, health, close } = createStages({
    stream: log,
    stores,
    settings,
    clock: systemClock,
    log: logger,
    index,
    ...(options.onMessage === undefined ? {} : { onMessage: options.onMessage }),
  });
  closers.push(close);
  const running: RunningStage[] = [];
  closers.push(async () => {
    for (const stage of running) await stage.stop();
  });
  const observer = {
    ...silentObserver,
    refused: ({ record: { topic }, error }: Refused) =>
      logger.error({ topic, reason: error.message }, 'a record is lost'),
  };
  for (const stage of stages) running.push(await runStage(stage, log, { observer }));

  const receiver: ReceiverCounts = { requests: 0, spans: 0, rejectedSpans: 0, refusedRequests: 0 };
  const sink = streamSink(log, await log.partitions(topics.traces.name), receiver);
  const status = (): StandaloneStatus => ({ ...health(), receiver });
  const app = consoleApp({
    index,
    status,
    ...(settings.GRAFANA_URL === undefined ? {} : { grafanaUrl: settings.GRAFANA_URL }),
    ...(settings.RUNBOOK_URL === undefined ? {} : { runbookUrl: settings.RUNBOOK_URL }),
  });
  const { otlpHttp = 4318, otlpGrpc = 4317, console: consolePort = 8080 } = options.ports ?? {};
  const page = await listening('the page', consolePort, () => startPage(app, host, consolePort));
  closers.push(() => page.stop());
  const http = await listening('OTLP over HTTP', otlpHttp, () => startHttpReceiver(sink, { host, port: otlpHttp }));
  closers.push(() => http.stop());
  const grpc = await listening('OTLP over gRPC', otlpGrpc, () => startGrpcReceiver(sink, { host, port: otlpGrpc }));
  closers.push(() => grpc.stop());

  const address = (port: number) => `http://${host}:${port}`;
  return {
    otlpHttpUrl: address(http.port),
    otlpGrpcUrl: address(grpc.port),
    consoleUrl: address(page.port),
    ended: Promise.race(running.map(({ ended }) => ended)),
    status,
    incidents: () => index.list({ limit: 1000 }).incidents,
    objectPath: (bucket, key) => stores.path(bucket, key),
    stop,
  };
}

async function startPage(app: Hono, hostname: string, port: number): Promise<Receiver> {
  const server = serve({ fetch: app.fetch, hostname, port });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

async function listening(what: string, port: number, listen: () => Promise<Receiver>): Promise<Receiver> {
  try {
    return await listen();
  } catch (cause) {
    // gRPC says it in words, Node.js by a code.
    if (/EADDRINUSE|No address added/.test(String(cause))) throw new PortTakenError(what, port, { cause });
    throw cause;
  }
}
