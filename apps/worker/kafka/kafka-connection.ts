import { logLevel, type KafkaConfig, type Mechanism } from 'kafkajs';
import scram256 from 'kafkajs/src/broker/saslAuthenticator/scram256.js';
import type { Logger } from 'pino';
import { currently, type Current } from '../current';
import { StreamError } from '../stream-error';
import { isRefusal } from './kafka-errors';
import { kafkaLog } from './kafka-log';

/** Name and password of a user. */
export interface KafkaCredentials {
  readonly username: string;
  readonly password: string;
}

/** How to reach a Kafka. What may change meanwhile is looked up for each connection. */
export interface KafkaConnection {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** SCRAM-SHA-256. @default - no authentication */
  readonly credentials?: Current<KafkaCredentials>;
  /** PEM of the authority to trust; TLS is used when it is given. @default - no TLS */
  readonly certificateAuthority?: Current<string>;
  /** What the client shows, PEM. @default - no certificate */
  readonly certificate?: Current<{ readonly cert: string; readonly key: string }>;
}

/** What kafkajs is told to connect with. */
export function kafkaConfig(connection: KafkaConnection, clientId: string, logger: Logger): KafkaConfig {
  return {
    clientId,
    brokers: [...connection.brokers],
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    requestTimeout: 30_000,
    retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 5_000 },
    logLevel: logger.isLevelEnabled('debug') ? logLevel.DEBUG : logLevel.INFO,
    logCreator: kafkaLog(logger),
    ...kafkaSecurity(connection),
  };
}

/** Encryption and authentication, as of each connection that is made. */
export function kafkaSecurity(connection: KafkaConnection): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const { credentials, certificateAuthority, certificate } = connection;
  return {
    ...(certificateAuthority !== undefined && { ssl: secureContext(certificateAuthority, certificate) }),
    ...(credentials !== undefined && { sasl: scram(credentials) }),
  };
}

/** kafkajs copies the fields for each connection, so they are getters: not to be spread before. */
function secureContext(
  authority: Current<string>,
  certificate: KafkaConnection['certificate'],
): NonNullable<KafkaConfig['ssl']> {
  const trusting = {
    get ca() {
      return [currently(authority)];
    },
  };
  if (certificate === undefined) return trusting;
  return Object.defineProperties(trusting, {
    cert: { enumerable: true, get: () => currently(certificate).cert },
    key: { enumerable: true, get: () => currently(certificate).key },
  });
}

/** SCRAM-SHA-256, whose refusal says whom which broker refuses. The password is never among it. */
function scram(credentials: Current<KafkaCredentials>): Mechanism {
  return {
    mechanism: 'scram-sha-256',
    authenticationProvider: ({ saslAuthenticate, ...args }) => ({
      authenticate: async () => {
        const user = currently(credentials);
        // kafkajs keeps of what went wrong the text alone.
        let broken: unknown;
        const step: typeof saslAuthenticate = (request) =>
          saslAuthenticate(request).catch((error: unknown) => {
            broken = error;
            throw error;
          });
        try {
          await scram256(user)({ ...args, saslAuthenticate: step }).authenticate();
        } catch (cause) {
          if (broken !== undefined && !isRefusal(broken)) throw cause;
          throw new RefusedUserError(`${args.host}:${args.port}`, user.username, cause);
        }
      },
    }),
  };
}

/** A broker knows no such user, or another password. */
class RefusedUserError extends StreamError {
  /** For kafkajs, which would else ask again at once. */
  readonly retriable = false;

  constructor(broker: string, username: string, cause: unknown) {
    const fault = `broker ${broker} refuses user ${username}: there is none, or its password is another`;
    super('PLUMBLINE_STREAM_UNAUTHENTICATED', fault, { cause, fault });
  }
}
