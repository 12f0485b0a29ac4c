import { topics } from '@plumbline/contracts';
import { Preprocessing, preprocessingConfig } from '@plumbline/preprocessing';
import { createLogger, KafkaStream, runStage, WorkerMetrics } from '@plumbline/worker';
import { CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs';
import pino from 'pino';
import { Registry } from 'prom-client';
import { registerSnappy } from '../../apps/worker/kafka/snappy-codec';
import type { Meter } from './meter';
import { preprocessNaively } from './naive';

/** Topic and group of the naive implementation, beside those of the pipeline. */
export const naiveTopic = 'traces-preprocessed-naively';
export const naiveGroup = 'naive-group';

/** Bytes of JSON that are sent at a time; a broker takes batches of 1 MiB by default. */
const naiveBatchBytes = 512 * 1024;
const pollIntervalMs = 50;

export interface KafkaWork {
  readonly brokers: readonly string[];
  /** Traces to wait for. */
  readonly traces: number;
}

/** Runs the stage as its worker does, with metrics and logs, until each trace was emitted and acknowledged. */
export async function preprocessOverKafka({ brokers, traces }: KafkaWork, meter: Meter): Promise<void> {
  const registry = new Registry();
  const logger = createLogger('preprocessing', 'warn', pino.destination(2));
  const stage = new Preprocessing({ config: preprocessingConfig({}), log: logger, registry });
  const observer = new WorkerMetrics(registry).observe(stage.name, logger);
  const stream = new KafkaStream({ brokers, clientId: 'plumbline-preprocessing', logger });
  meter.start();
  const running = await runStage(stage, stream, { observer });
  const emitted = until(async () => {
    meter.add((await valueOf(registry, 'plumbline_preprocessing_spans_total')) - meter.spans);
    return (await valueOf(registry, 'plumbline_preprocessing_traces_total')) >= traces;
  });
  await Promise.race([emitted, running.ended]);
  // Waits for what is being sent.
  await running.stop();
  meter.pause();
  await stream.close();
}

/**
 * The obvious consumer: a batch at a time, JSON out, kafkajs's own commits. It sends several traces at once and has our Snappy
 * codec, so that neither the number of requests nor compression is what is compared.
 */
export async function preprocessNaivelyOverKafka({ brokers, traces }: KafkaWork, meter: Meter): Promise<void> {
  registerSnappy();
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'naive', logLevel: logLevel.WARN });
  const consumer = kafka.consumer({ groupId: naiveGroup });
  const producer = kafka.producer();
  let sent = 0;
  meter.start();
  await Promise.all([consumer.connect(), producer.connect()]);
  await consumer.subscribe({ topics: [topics.traces.name], fromBeginning: true });
  await consumer.run({
    eachBatch: async (payload) => {
      const { batch } = payload;
      let messages: Message[] = [];
      let bytes = 0;
      let spans = 0;
      const send = async (offset: string): Promise<void> => {
        await producer.send({ topic: naiveTopic, messages, compression: CompressionTypes.Snappy });
        sent += messages.length;
        meter.add(spans);
        payload.resolveOffset(offset);
        await payload.heartbeat();
        messages = [];
        bytes = 0;
        spans = 0;
      };
      for (const { value, offset } of batch.messages) {
        for (const trace of value === null ? [] : preprocessNaively(value)) {
          const json = Buffer.from(JSON.stringify(trace));
          messages.push({ key: trace.traceId, value: json, partition: batch.partition });
          bytes += json.length;
          spans += trace.spans.length;
        }
        if (bytes >= naiveBatchBytes) await send(offset);
      }
      if (messages.length > 0) await send(batch.lastOffset());
    },
  });
  await until(() => Promise.resolve(sent >= traces));
  await consumer.disconnect();
  meter.pause();
  await producer.disconnect();
}

async function valueOf(registry: Registry, name: string): Promise<number> {
  const metric = await registry.getSingleMetric(name)?.get();
  return metric?.values[0]?.value ?? 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
}
