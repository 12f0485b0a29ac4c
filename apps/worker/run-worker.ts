import { environmentKeys } from '@plumbline/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { z } from 'zod';
import { systemClock, type Clock } from './clock';
import {
  kafkaConnection,
  kafkaSettings,
  operationsSettings,
  parseEnvironment,
  printable,
  s3Connection,
  s3Settings,
  type Environment,
} from './config';
import { KafkaStream } from './kafka/kafka-stream';
import { createLogger } from './logging';
import type { ObjectStore } from './object-store';
import { startOperationsServer } from './operations-server';
import { defaultRetryPolicy } from './retry';
import { runStage, type RunningStage } from './run-stage';
import { S3ObjectStore } from './s3/s3-object-store';
import { listenForShutdown, type Shutdown } from './shutdown';
import type { Stage } from './stage';
import type { EventStream } from './stream';
import { isTransient, StreamError } from './stream-error';
import type { StageTracer } from './tracing/stage-tracer';
import { TroubleLog } from './trouble-log';
import { WorkerMetrics } from './worker-metrics';

/** What a worker is made with. */
export interface WorkerContext<Settings> {
  readonly settings: Settings;
  readonly stream: EventStream;
  /** Opens a bucket; closed when the worker ends. */
  readonly bucket: (name: string) => ObjectStore;
  /** Where the worker's own metrics go. */
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The running parts of a worker. */
export interface WorkerParts {
  readonly stage: Stage;
  /** Reasons of the worker's own not to be ready; empty when there are none. */
  readonly notReady?: () => readonly string[];
  /** What `/model` answers. */
  readonly model?: () => unknown;
  /** Runs after the stage has stopped. */
  readonly close?: () => Promise<void>;
}

/** A worker: its settings, and how it is made of them. */
export interface WorkerDefinition<Settings> {
  readonly name: string;
  /** Its consumer group. */
  readonly group: string;
  /** Settings besides those of the broker, the object store and operations. */
  readonly settings: z.ZodType<Settings>;
  readonly create: (context: WorkerContext<Settings>) => Promise<WorkerParts> | WorkerParts;
}

/** How long a worker waits for a broker or a topic that is not there yet before it lets itself be restarted. */
const startPatienceMs = 10 * 60_000;

/** Before it looks again: ever longer. */
function startDelayMs(attempt: number): number {
  const { maxDelayMs } = defaultRetryPolicy;
  return Math.min(maxDelayMs, 500 * 2 ** attempt);
}

/**
 * Runs a worker on Kafka and S3 until a signal, or an error that a restart may cure.
 *
 * @returns the exit code: 0 after a signal, 1 after an error, 2 when the settings cannot be used
 */
export async function runWorker<Settings>(
  definition: WorkerDefinition<Settings>,
  environment: Environment = process.env,
): Promise<number> {
  const logger = createLogger(definition.name);
  try {
    const operations = parseEnvironment(operationsSettings, environment);
    logger.level = operations.LOG_LEVEL;
    const shutdown = listenForShutdown(logger, operations.SHUTDOWN_GRACE_SECONDS * 1000);
    try {
      await new Worker(definition, environment, logger, shutdown).run(operations.OPERATIONS_PORT);
      logger.info('stopped');
      return 0;
    } finally {
      shutdown.dispose();
    }
  } catch (error) {
    logger.fatal({ err: error }, 'the worker cannot go on');
    return error instanceof Error && 'code' in error && error.code === 'PLUMBLINE_CONFIG' ? 2 : 1;
  }
}

class Worker<Settings> {
  private readonly registry = new Registry();
  private readonly metrics = new WorkerMetrics(this.registry);
  private readonly closers: (() => Promise<void>)[] = [];
  private stream: EventStream | undefined;
  private parts: WorkerParts | undefined;
  private running: RunningStage | undefined;
  private waitingFor = 'the worker is starting';
  private readonly troubles: TroubleLog;

  constructor(
    private readonly definition: WorkerDefinition<Settings>,
    private readonly environment: Environment,
    private readonly logger: Logger,
    private readonly shutdown: Shutdown,
  ) {
    this.troubles = new TroubleLog(logger);
  }

  async run(port: number): Promise<void> {
    collectDefaultMetrics({ register: this.registry });
    try {
      const server = await startOperationsServer({
        port,
        registry: this.registry,
        notReady: () => this.notReady(),
        model: () => this.parts?.model?.(),
      });
      this.closers.push(() => server.close());
      const parts = await this.create();
      this.parts = parts;
      const running = await this.start(parts.stage);
      this.running = running;
      if (running === undefined) return;
      await Promise.race([running.ended, this.shutdown.requested]);
    } finally {
      await this.close();
    }
  }

  private async create(): Promise<WorkerParts> {
    const { definition, environment, logger } = this;
    const kafka = parseEnvironment(kafkaSettings, environment);
    const s3 = parseEnvironment(s3Settings, environment);
    const settings = parseEnvironment(definition.settings, environment);
    logger.info({ settings: printable({ ...kafka, ...s3, ...settings }) }, 'starting');
    const stream = new KafkaStream({
      ...kafkaConnection(kafka),
      clientId: `plumbline-${definition.name}`,
      group: definition.group,
      logger,
      sessionTimeoutMs: kafka.KAFKA_SESSION_TIMEOUT_SECONDS * 1000,
      troubles: this.troubles,
      onLost: ({ topic }, count) => this.metrics.lostOffsets.inc({ topic }, count),
    });
    this.closers.push(() => stream.close());
    this.stream = stream;
    const connection = s3Connection(s3);
    const parts = await definition.create({
      settings,
      stream,
      bucket: (name) => {
        const store = new S3ObjectStore(name, connection);
        this.closers.push(() => store.close());
        return store;
      },
      registry: this.registry,
      logger,
      clock: systemClock,
    });
    const { close } = parts;
    if (close !== undefined) this.closers.push(close);
    return parts;
  }

  /** Joins the group as soon as broker and topics are there: on an empty cluster they come in any order. */
  private async start(stage: Stage): Promise<RunningStage | undefined> {
    const { stream } = this;
    if (stream === undefined) return undefined;
    const observer = this.metrics.observe(stage.name, this.logger, this.troubles);
    const tracer = await this.tracer(stage);
    const giveUpAt = performance.now() + startPatienceMs;
    for (let attempt = 0; !this.shutdown.isRequested(); attempt += 1) {
      try {
        return await runStage(stage, stream, { observer, ...(tracer && { tracer }) });
      } catch (error) {
        const notYet =
          isTransient(error) || (error instanceof StreamError && error.code === 'PLUMBLINE_STREAM_UNKNOWN_TOPIC');
        if (!notYet || performance.now() > giveUpAt) throw error;
        this.waitingFor = error instanceof Error ? error.message : String(error);
        this.troubles.lasts(error, 'starting', attempt + 1);
        await Promise.race([sleep(startDelayMs(attempt)), this.shutdown.requested]);
      }
    }
    return undefined;
  }

  /** Loaded only where spans are wanted: a worker that makes none pays nothing for it. */
  private async tracer(stage: Stage): Promise<StageTracer | undefined> {
    const { definition, environment } = this;
    if ((environment[environmentKeys.otlpEndpoint] ?? '') === '') return undefined;
    const { openTracing } = await import('./tracing/open-tracing.js');
    const tracing = openTracing(definition.name, environment, this.logger);
    this.closers.unshift(() => tracing.close());
    return tracing.of(stage);
  }

  private notReady(): readonly string[] {
    if (this.shutdown.isRequested()) return ['the worker is shutting down'];
    if (this.running === undefined) return [this.waitingFor];
    const own = this.parts?.notReady?.() ?? [];
    return this.running.isReady() ? own : ['no partitions were assigned yet', ...own];
  }

  /** Closes in the opposite order, all of it, and reports what did not close. */
  private async close(): Promise<void> {
    const closers = [...this.closers, () => this.running?.stop() ?? Promise.resolve()];
    for (const close of closers.reverse()) {
      await close().catch((error: unknown) => this.logger.error({ err: error }, 'could not stop in order'));
    }
  }
}
