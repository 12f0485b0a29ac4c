import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigResourceTypes, Kafka, logLevel, type KafkaConfig } from 'kafkajs';
import { classArchive } from '../install/kafka';
import { CertificateAuthority, type Certificate } from './certificates';
import { dataDirectory } from './guard';
import { homeOf } from './installed';
import { brokerProperties, clientKeystore, kafkaAdmin, type BrokerListener } from './kafka-properties';
import { freePorts } from './ports';
import { PeerProcess, type Peer } from './process';
import { logged, shows } from './readiness';
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
  /** Who issues the brokers' certificate. Only for `secure`. @default - one of their own */
  readonly authority?: CertificateAuthority;
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
  /**
   * Shows clients that connect from now on another certificate, whatever it is; brokers go on, and remember it. In `secure` mode.
   *
   * @throws {RangeError} in `plain` mode
   */
  present(certificate: Certificate): Promise<void>;
}

/**
 * Starts Apache Kafka on loopback; topics are never made by themselves.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if a broker does not start
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaPeer> {
  const home = homeOf('kafka');
  const jvm = [`-XX:SharedArchiveFile=${home.path(classArchive)}`, '-cp', home.path('kafka', 'lib', '*')];
  const directory = await dataDirectory('kafka');
  const count = options.brokers ?? 1;
  const passwords: Record<string, string> = { [kafkaAdmin]: randomBytes(12).toString('hex'), ...options.users };
  const authority = options.mode === 'secure' ? await secure(directory, options.authority) : undefined;
  const listeners = await listenersOf(count);

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
    await format(jvm, node, properties, authority ? passwords : {});
    nodes[index] = await PeerProcess.start({
      name: 'kafka',
      command: 'java',
      args: [
        ...['-Xms64m', `-Xmx${options.heapMegabytes ?? 256}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...['-Djava.net.preferIPv4Stack=true', '-Dorg.slf4j.simpleLogger.showDateTime=true'],
        ...jvm,
        'kafka.Kafka',
        properties,
      ],
      directory: node,
      ready: logged('Kafka Server started'),
    });
  });
  await Promise.all(starting);

  const brokers = listeners.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
  const asAdmin = (ca: string): KafkaConfig => ({
    brokers: listeners.map(({ internalPort }) => `127.0.0.1:${internalPort}`),
    ssl: { ca: [ca] },
    sasl: { mechanism: 'scram-sha-256', username: kafkaAdmin, password: passwords[kafkaAdmin] ?? '' },
  });
  let presented = 0;
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
    present: async (certificate) => {
      if (authority === undefined) throw new RangeError('This Kafka shows no certificate');
      presented += 1;
      const file = join(directory, `client-${presented}.pem`);
      await writeKeystore(certificate, file);
      await setOnEach(asAdmin(authority), brokers.length, clientKeystore, file);
      for (const broker of brokers) await untilShown(broker, certificate);
    },
    stop: () => all(nodes, (node) => node.stop()),
    kill: () => all(nodes, (node) => node.kill()),
    restart: () => all(nodes, (node) => node.restart()),
  };
}

/** @returns PEM of the authority */
async function secure(directory: string, given: CertificateAuthority | undefined): Promise<string> {
  const authority = given ?? (await CertificateAuthority.create(directory));
  const broker = await authority.issue('broker', '/CN=localhost', ['DNS:localhost', 'IP:127.0.0.1']);
  for (const name of ['client', 'internal']) await writeKeystore(broker, join(directory, `${name}.pem`));
  if (given !== undefined) await copyFile(given.certificateFile, join(directory, 'ca.crt'));
  return readFile(authority.certificateFile, 'utf8');
}

/** Kafka reads key and chain from one PEM file. */
async function writeKeystore({ keyFile, certificateFile }: Certificate, file: string): Promise<void> {
  const parts = await Promise.all([keyFile, certificateFile].map((path) => readFile(path)));
  await writeFile(file, Buffer.concat(parts), { mode: 0o600 });
}

/** A broker takes it over a moment after it has acknowledged it, each of its threads by itself; they take connections in turn. */
async function untilShown(broker: string, certificate: Certificate): Promise<void> {
  for (let inARow = 0; inARow < 2 * networkThreads;) {
    if (await shows(broker, certificate)) inARow += 1;
    else {
      inARow = 0;
      await sleep(50);
    }
  }
}

/** As many as a broker has, unless it is told otherwise. */
const networkThreads = 3;

/** Sets a property of every broker, each by itself. */
async function setOnEach(config: KafkaConfig, count: number, name: string, value: string): Promise<void> {
  const admin = new Kafka({ ...config, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    for (let node = 0; node < count; node += 1) {
      const broker = { type: ConfigResourceTypes.BROKER, name: String(node), configEntries: [{ name, value }] };
      await admin.alterConfigs({ validateOnly: false, resources: [broker] });
    }
  } finally {
    await admin.disconnect();
  }
}

async function format(
  jvm: readonly string[],
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
    ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...jvm, 'kafka.tools.StorageTool'],
    ...['format', '-t', 'cGx1bWJsaW5lLXRlc3QtMQ', '-c', properties, ...users],
  ]);
}

async function listenersOf(count: number): Promise<readonly BrokerListener[]> {
  const ports = await freePorts(3 * count);
  const at = (index: number) => ports[index] ?? 0;
  return Array.from({ length: count }, (_, index) => ({
    clientPort: at(index),
    internalPort: at(count + index),
    controllerPort: at(2 * count + index),
  }));
}

async function all(nodes: readonly PeerProcess[], act: (node: PeerProcess) => Promise<void>): Promise<void> {
  await Promise.all(nodes.map(act));
}

/** The job file of topics without what is Redpanda's own: Kafka stands for it, and has no such API. */
export function forKafka(jobFile: string): string {
  const { redpanda: _, ...job } = JSON.parse(jobFile) as Readonly<Record<string, unknown>>;
  return JSON.stringify(job);
}
