import { topics } from '@plumbline/contracts';
import { dataDirectory } from '@plumbline/tools/peers';
import { KafkaStream } from '@plumbline/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { startEncryptedBroker, type EncryptedBroker } from './encrypted-broker';
import { eventually } from './eventually';
import { WorkerProcess } from './workers';

const secretName = 'redpanda-tls';
/** Several tries, each of which could say it again. */
const severalTriesMs = 8_000;

describe('A worker whose brokers show a certificate that has expired', () => {
  let broker: EncryptedBroker;
  let worker: WorkerProcess;
  beforeAll(async () => {
    broker = await startEncryptedBroker(await dataDirectory('expiry'));
    await broker.runTopicsJob();
    worker = await WorkerProcess.start('preprocessing', { ...broker.env('preprocessing'), LOG_LEVEL: 'info' });
  });
  afterAll(async () => {
    await worker.stop();
    await broker.kafka.stop();
  });
  afterEach(renew);

  const expire = async () => broker.kafka.present(await broker.certificates.issue(secretName, -1));
  async function renew(): Promise<void> {
    await broker.kafka.present(await broker.certificates.issue(secretName));
  }

  interface Line {
    readonly level: string;
    readonly msg: string;
  }

  async function said(): Promise<readonly Line[]> {
    const lines = (await worker.log()).split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as Line);
  }

  async function errors(): Promise<readonly string[]> {
    return (await said()).filter(({ level }) => ['error', 'fatal'].includes(level)).map(({ msg }) => msg);
  }

  const sayingSo = () =>
    eventually('an error', async () => ((await errors()).length > 0 ? true : undefined), { timeoutMs: 60_000 });
  const expiredAt = expect.stringMatching(
    /^trying again: broker 127\.0\.0\.1:\d+: its certificate has expired$/,
  ) as unknown;

  it('says so once when it starts, of which broker, and is ready soon after that was renewed', async () => {
    await worker.stop();
    await expire();
    const ready = worker.restart();
    await sayingSo();
    await sleep(severalTriesMs);
    expect(await errors()).toEqual([expiredAt]);
    await renew();
    await ready;
    expect(await errors()).toHaveLength(1);
    expect((await said()).map(({ msg }) => msg)).toContain('it works again');
    expect(await worker.log()).not.toContain(broker.userOf('preprocessing').password);
  });

  it('says so once of each broker that it has lost while it ran, and reads on, as the same process, when they are renewed', async () => {
    await worker.restart();
    const { pid } = worker;
    await consumes();
    await expire();
    // Nobody looks at the certificate of a connection that there is.
    await broker.kafka.restart();
    await sayingSo();
    await sleep(severalTriesMs);
    const before = await errors();
    expect(before).toEqual(before.map(() => expiredAt));
    expect(new Set(before).size).toBe(before.length);
    expect(await worker.isAlive()).toBe(true);
    await renew();
    await consumes();
    expect((await said()).map(({ msg }) => msg)).toContain('it works again');
    expect(worker.pid).toBe(pid);
  });

  /** Gives it something to read, and waits until it has. */
  async function consumes(): Promise<void> {
    const count = () => worker.metric('plumbline_worker_consumed_records_total');
    const before = await count();
    const stream = new KafkaStream({
      brokers: broker.kafka.brokers,
      certificateAuthority: broker.authority,
      credentials: broker.userOf('admin'),
      clientId: 'end-to-end',
      logger: pino({ level: 'silent' }),
    });
    await stream
      .produce([{ topic: topics.traces.name, key: 'any', value: Buffer.from('no trace') }])
      .finally(() => stream.close());
    await eventually('a record consumed', async () => ((await count()) > before ? true : undefined));
  }
});
