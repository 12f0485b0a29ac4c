import { join } from 'node:path';

/** The super user of a secure Kafka. */
export const kafkaAdmin = 'admin';

export interface BrokerListener {
  readonly clientPort: number;
  /** Among brokers, where they are secure: so that clients may be shown a certificate that brokers would refuse. */
  readonly internalPort: number;
  readonly controllerPort: number;
}

export interface BrokerPropertiesOptions {
  /** Which of the listeners is this broker's own. */
  readonly index: number;
  readonly listeners: readonly BrokerListener[];
  readonly directory: string;
  /** Present for SASL_SSL: the folder of `client.pem`, `internal.pem` and `ca.crt`, and the password among brokers. */
  readonly tls?: { readonly directory: string; readonly adminPassword: string };
  readonly overrides: Readonly<Record<string, string>>;
}

/** The `server.properties` of a combined broker and controller. */
export function brokerProperties(options: BrokerPropertiesOptions): string {
  const { index, listeners, directory, tls, overrides } = options;
  const own = listeners[index];
  if (!own) throw new RangeError(`There is no listener ${index} among ${listeners.length}`);
  const replicas = String(listeners.length);
  const inSync = String(listeners.length > 1 ? 2 : 1);
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(index),
    'controller.quorum.voters': listeners.map((node, id) => `${id}@127.0.0.1:${node.controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    ...(tls ? secureListeners(own) : plainListeners(own)),
    'log.dirs': join(directory, 'data'),
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    // A killed leader is replaced within about 7 s rather than 28 s.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    ...(tls && secureProperties(tls)),
    ...overrides,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function plainListeners({ clientPort, controllerPort }: BrokerListener): Record<string, string> {
  return {
    listeners: `CLIENT://127.0.0.1:${clientPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${clientPort}`,
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'CLIENT',
  };
}

function secureListeners({ clientPort, internalPort, controllerPort }: BrokerListener): Record<string, string> {
  const served = `CLIENT://127.0.0.1:${clientPort},INTERNAL://127.0.0.1:${internalPort}`;
  return {
    listeners: `${served},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': served,
    'listener.security.protocol.map': 'CLIENT:SASL_SSL,INTERNAL:SASL_SSL,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
  };
}

/** Setting of the certificate that clients are shown, which may be changed while a broker runs. */
export const clientKeystore = 'listener.name.client.ssl.keystore.location';

function secureProperties(tls: NonNullable<BrokerPropertiesOptions['tls']>): Record<string, string> {
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required';
  const jaas = `${login} username="${kafkaAdmin}" password="${tls.adminPassword}";`;
  return {
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-256',
    'listener.name.client.scram-sha-256.sasl.jaas.config': jaas,
    'listener.name.internal.scram-sha-256.sasl.jaas.config': jaas,
    'ssl.keystore.type': 'PEM',
    [clientKeystore]: join(tls.directory, 'client.pem'),
    'listener.name.internal.ssl.keystore.location': join(tls.directory, 'internal.pem'),
    // A certificate that is shown instead may be of another name.
    'ssl.allow.dn.changes': 'true',
    'ssl.allow.san.changes': 'true',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(tls.directory, 'ca.crt'),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'false',
    // ANONYMOUS is only ever the principal on the loopback listener among controllers.
    'super.users': `User:${kafkaAdmin};User:ANONYMOUS`,
  };
}
