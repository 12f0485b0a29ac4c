import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaConfig } from 'kafkajs';
import { CertificateAuthority } from './certificates';
import { dataDirectory } from './guard';
import { homeOf } from './installed';
import { brokerProperties, kafkaAdmin, type BrokerListener } from './kafka-properties';
import { freePorts } from './ports';
import { PeerProcess, type Peer } from './process';
import { logged } from './readiness';
import { runProgram } from './run';

export interface KafkaOptions {
  /**
   * `plain` has neither encryption nor authentication; `secure` is SASL_SSL with SCRAM-SHA-256 and ACLs that deny by
   * default.
   *
   * @default 'plain'
   */
  readonly mode?: 'plain' | 'secure';
  /** Combined brokers and controllers; with three, topics have three replicas of which two must be in sync. @default 1 */
  readonly brokers?: 1 | 3;
  /** SCRAM users besides `admin`, the super user: name → password. Only for `secure`. */
  readonly users?: Readonly<Record<string, string>>;
  /** Further properties of every broker, such as `message.max.bytes`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** @default 256 */
  readonly heapMegabytes?: number;
}

/** Apache Kafka in KRaft mode. `stop`, `kill` and `restart` act on all brokers; `nodes` are the brokers one by one. */
export interface KafkaPeer extends Peer {
  /** `127.0.0.1:<port>` of each broker. */
  readonly brokers: readonly string[];
  readonly nodes: readonly PeerProcess[];
  /** PEM certificate of the authority that clients must trust, in `secure` mode. */
  readonly certificateAuthority?: string;
  /**
   * How a kafkajs client connects.
   *
   * @param user whom to authenticate as in `secure` mode, by default the super user
   * @throws {RangeError} for a user that was not among the options
   */
  clientConfig(user?: string): KafkaConfig;
}

/**
 * Starts Apache Kafka on loopback; topics are never made by themselves.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if a broker does not start
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaPeer> {
  const classPath = homeOf('kafka').path('kafka', 'lib', '*');
  const directory = await dataDirectory('kafka');
  const count = options.brokers ?? 1;
  const passwords: Record<string, string> = { [kafkaAdmin]: randomBytes(12).toString('hex'), ...options.users };
  const authority = options.mode === 'secure' ? await secure(directory) : undefined;
  const listeners = await pairs(count);

  const nodes: PeerProcess[] = [];
  const starting = listeners.map(async (_, index) => {
    const node = join(directory, `node${index}`);
    const properties = join(node, 'server.properties');
    await mkdir(node, { recursive: true });
    const text = brokerProperties({
      index,
      listeners,
      directory: node,
      ...(authority && { tls: { directory, adminPassword: passwords[kafkaAdmin] ?? '' } }),
      overrides: options.properties ?? {},
    });
    await writeFile(properties, text, { mode: 0o600 });
    await format(classPath, node, properties, authority ? passwords : {});
    nodes[index] = await PeerProcess.start({
      name: 'kafka',
      command: 'java',
      args: [
        ...['-Xms64m', `-Xmx${options.heapMegabytes ?? 256}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...['-Djava.net.preferIPv4Stack=true', '-Dorg.slf4j.simpleLogger.showDateTime=true'],
        ...['-cp', classPath, 'kafka.Kafka', properties],
      ],
      directory: node,
      ready: logged('Kafka Server started'),
    });
  });
  await Promise.all(starting);

  const brokers = listeners.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
  return {
    directory,
    brokers,
    nodes,
    ...(authority !== undefined && { certificateAuthority: authority }),
    clientConfig: (user = kafkaAdmin) => {
      if (authority === undefined) return { brokers };
      const password = passwords[user];
      if (password === undefined) throw new RangeError(`This Kafka has no user "${user}"`);
      return { brokers, ssl: { ca: [authority] }, sasl: { mechanism: 'scram-sha-256', username: user, password } };
    },
    stop: () => all(nodes, (node) => node.stop()),
    kill: () => all(nodes, (node) => node.kill()),
    restart: () => all(nodes, (node) => node.restart()),
  };
}

async function secure(directory: string): Promise<string> {
  const authority = await CertificateAuthority.create(directory);
  const broker = await authority.issue('broker', '/CN=localhost', ['DNS:localhost', 'IP:127.0.0.1']);
  // Kafka reads key and chain from one PEM file.
  const [key, certificate] = await Promise.all([readFile(broker.keyFile), readFile(broker.certificateFile)]);
  await writeFile(join(directory, 'broker.pem'), Buffer.concat([key, certificate]), { mode: 0o600 });
  return readFile(authority.certificateFile, 'utf8');
}

async function format(
  classPath: string,
  node: string,
  properties: string,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  if (existsSync(join(node, 'data', 'meta.properties'))) return;
  const users = Object.entries(passwords).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-256=[name=${name},password=${password}]`,
  ]);
  await runProgram('java', [
    ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classPath, 'kafka.tools.StorageTool'],
    ...['format', '-t', 'cGx1bWJsaW5lLXRlc3QtMQ', '-c', properties, ...users],
  ]);
}

async function pairs(count: number): Promise<readonly BrokerListener[]> {
  const ports = await freePorts(2 * count);
  return ports.slice(0, count).map((clientPort, index) => ({ clientPort, controllerPort: ports[count + index] ?? 0 }));
}

async function all(nodes: readonly PeerProcess[], act: (node: PeerProcess) => Promise<void>): Promise<void> {
  await Promise.all(nodes.map(act));
}

/** The job file of topics without what is Redpanda's own: Kafka stands for it, and has no such API. */
export function forKafka(jobFile: string): string {
  const { redpanda: _, ...job } = JSON.parse(jobFile) as Readonly<Record<string, unknown>>;
  return JSON.stringify(job);
}
