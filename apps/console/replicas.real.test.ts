import { topics } from '@plumbline/contracts';
import { startKafka, type KafkaPeer } from '@plumbline/tools/peers';
import { encodeIncident, headers, schemas } from '@plumbline/wire';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { defaultRetryPolicy, KafkaStream, retryTransient, runStage, type RunningStage } from '@plumbline/worker';
import { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { consoleApp } from './app';
import { IncidentIndex } from './incident-index';
import { ConsoleStage } from './stage';

const partitions = 3;

describe('Two replicas of the console', () => {
  let kafka: KafkaPeer;
  let stream: KafkaStream;
  const replicas: { readonly stream: KafkaStream; readonly running: RunningStage }[] = [];

  beforeAll(async () => {
    kafka = await startKafka();
    const client = new Kafka({ ...kafka.clientConfig(), logLevel: logLevel.NOTHING }).admin();
    await client.connect();
    await client.createTopics({ topics: [{ topic: topics.incidents.name, numPartitions: partitions }] });
    await client.disconnect();
    stream = open();
  });
  afterAll(async () => {
    await Promise.all(replicas.map(({ running }) => running.stop()));
    await Promise.all([stream, ...replicas.map((replica) => replica.stream)].map((each) => each.close()));
    await kafka.stop();
  });

  function open(): KafkaStream {
    return new KafkaStream({ brokers: kafka.brokers, clientId: 'console', logger: pino({ level: 'silent' }) });
  }

  async function start(): Promise<IncidentIndex> {
    const [index, own] = [new IncidentIndex(), open()];
    // As workers do: a new broker makes its table of groups when it is first asked for one.
    const join = () => runStage(new ConsoleStage(own, index), own);
    const running = await retryTransient(join, defaultRetryPolicy, () => true);
    replicas.push({ stream: own, running });
    await until(() => running.isReady());
    return index;
  }

  /** An incident on each partition. */
  async function produce(from: number): Promise<void> {
    await stream.produce(
      Array.from({ length: partitions }, (_, partition) => {
        const incident = exampleIncident({ id: (from + partition).toString(16).padStart(12, '0') });
        return {
          topic: topics.incidents.name,
          partition,
          key: incident.id,
          value: encodeIncident(incident),
          headers: { [headers.schema]: schemas.incident },
        };
      }),
    );
  }

  it('serve the same: what was there before they started, and what comes on whatever partition', async () => {
    await produce(1);
    const indexes = [await start(), await start()];
    await produce(11);
    await until(() => indexes.every((index) => index.openCount === 2 * partitions));
    const pages = await Promise.all(
      indexes.map(async (index) => (await consoleApp({ index, now: () => 0 }).request('/incidents')).text()),
    );
    expect(pages[0]).toContain('00000000000d');
    expect(pages[1]).toBe(pages[0]);
  });
});

/** Asks until it holds. @throws after a minute */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('it never held');
}
