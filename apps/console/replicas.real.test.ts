import { topics } from '@plumbline/contracts';
import { startKafka, type KafkaPeer } from '@plumbline/tools/peers';
import { encodeIncident, headers, schemas } from '@plumbline/wire';
import { FeedbackBook } from '@plumbline/wire';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { defaultRetryPolicy, KafkaStream, retryTransient, runStage, type RunningStage } from '@plumbline/worker';
import { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { consoleApp } from './app';
import { FeedbackDesk } from './feedback/desk';
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
    const both = [topics.incidents.name, topics.feedback.name];
    await client.createTopics({ topics: both.map((topic) => ({ topic, numPartitions: partitions })) });
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

  async function start() {
    const [index, book, own] = [new IncidentIndex(), new FeedbackBook(), open()];
    // As workers do: a new broker makes its table of groups when it is first asked for one.
    const join = () => runStage(new ConsoleStage(own, index, book), own);
    const running = await retryTransient(join, defaultRetryPolicy, () => true);
    replicas.push({ stream: own, running });
    await until(() => running.isReady());
    return { index, feedback: new FeedbackDesk({ book, stream: own }) };
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
    const consoles = [await start(), await start()];
    await produce(11);
    await until(() => consoles.every(({ index }) => index.openCount === 2 * partitions));
    const pages = await Promise.all(
      consoles.map(async ({ index }) => (await consoleApp({ index, now: () => 0 }).request('/incidents')).text()),
    );
    expect(pages[0]).toContain('00000000000d');
    expect(pages[1]).toBe(pages[0]);
  });

  it('know what was said at the other, in the next page of the one it was said at, and after a restart; and what was taken back', async () => {
    await produce(1);
    const [here, there] = [await start(), await start()];
    await until(() => [here, there].every(({ index }) => index.get('000000000001') !== undefined));
    const app = consoleApp(here);
    const say = (answer: string) =>
      app.request('/incidents/000000000001/feedback.json', {
        method: 'POST',
        headers: { 'plumbline-feedback': '1', 'content-type': 'application/json' },
        body: JSON.stringify({ answer, by: 'Ann' }),
      });
    const saidAt = async ({ index, feedback }: typeof here) => {
      const response = await consoleApp({ index, feedback }).request('/incidents/000000000001/feedback.json');
      return ((await response.json()) as { readonly answers: readonly { readonly answer: string }[] }).answers;
    };
    expect((await say('right')).status).toBe(201);
    expect((await say('wrong')).status).toBe(201);
    expect(await saidAt(here)).toMatchObject([{ answer: 'wrong', by: 'Ann' }]);
    await until(async () => (await saidAt(there)).some(({ answer }) => answer === 'wrong'));
    expect(await saidAt(await start())).toMatchObject([{ answer: 'wrong' }]);
    expect((await say('withdrawn')).status).toBe(200);
    await until(async () => (await saidAt(there)).length === 0);
    expect(await saidAt(await start())).toEqual([]);
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
