import {
  kafkaConnection,
  kafkaSecurity,
  kafkaSettings,
  parseEnvironment,
  registerSnappy,
  type Environment,
} from '@plumbline/worker';
import { Kafka, logLevel, type Admin, type ISocketFactory, type KafkaConfig } from 'kafkajs';
import { connect } from 'node:net';
import { VerifyError } from '../check';

const clientId = 'plumbline-verify';

/** A broker, by whatever way it is reached. */
export class KafkaServer {
  readonly client: Kafka;

  constructor(
    private readonly brokers: string,
    config: Omit<KafkaConfig, 'clientId'>,
  ) {
    registerSnappy();
    this.client = new Kafka({
      clientId,
      connectionTimeout: 5_000,
      authenticationTimeout: 10_000,
      requestTimeout: 15_000,
      // Whoever waits for something asks again.
      retry: { retries: 2, initialRetryTime: 300 },
      logLevel: logLevel.NOTHING,
      ...config,
    });
  }

  /**
   * Connects, does it, and disconnects.
   *
   * @throws {VerifyError} if the broker does not answer or refuses
   */
  async administer<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.client.admin();
    try {
      await admin.connect();
      return await work(admin);
    } catch (error) {
      throw this.failure(error);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  /** What a client's error says of this broker. */
  failure(cause: unknown): VerifyError {
    if (cause instanceof VerifyError) return cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    return new VerifyError(
      `the broker at ${this.brokers}: ${message}`,
      'look whether the broker is up, and whether it advertises an address that can be reached from here',
      { cause },
    );
  }
}

/**
 * A broker that is reached from here; settings are those of a worker.
 *
 * @throws {ConfigError} for settings that cannot be used
 */
export function directKafka(environment: Environment): KafkaServer {
  const connection = kafkaConnection(parseEnvironment(kafkaSettings, environment));
  const { brokers } = connection;
  return new KafkaServer(brokers.join(','), { brokers: [...brokers], ...kafkaSecurity(connection) });
}

/**
 * Brokers that are reached through forwarded ports. A broker advertises the name that its pod has in the cluster.
 *
 * @param locals port on loopback by name of the pod, at least one
 */
export function forwardedKafka(brokers: string, locals: ReadonlyMap<string, number>): KafkaServer {
  const [first] = locals.values();
  const socketFactory: ISocketFactory = ({ host, onConnect }) => {
    const port = locals.get(host.split('.')[0] ?? '') ?? first ?? 0;
    return connect({ host: '127.0.0.1', port }, onConnect).setKeepAlive(true, 60_000);
  };
  return new KafkaServer(brokers, { brokers: brokers.split(','), socketFactory });
}
