import { environmentKeys, ports } from '@plumbline/contracts';
import { z } from 'zod';
import { currentFile, type Current } from './current';
import type { KafkaConnection, KafkaCredentials } from './kafka/kafka-connection';
import { logLevels } from './logging';
import type { S3Connection } from './s3/s3-client';

/** Environment variables, as of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that cannot be used, each named with its value. */
export class ConfigError extends Error {
  readonly code = 'PLUMBLINE_CONFIG';
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`these settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** A flag: `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** A whole number between two bounds. */
export const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const broker = z.string().regex(/^[^\s:,]+:\d{1,5}$/, 'must be host:port');

/** Where the broker is. */
export const kafkaSettings = z.object({
  [environmentKeys.kafkaBrokers]: z
    .string()
    .transform((list) => list.split(',').map((each) => each.trim()))
    .pipe(z.array(broker).min(1)),
  [environmentKeys.kafkaUsername]: z.string().optional(),
  [environmentKeys.kafkaPassword]: z.string().optional(),
  [environmentKeys.kafkaPasswordFile]: z.string().optional(),
  [environmentKeys.kafkaCaFile]: z.string().optional(),
  [environmentKeys.kafkaCertificateFile]: z.string().optional(),
  [environmentKeys.kafkaKeyFile]: z.string().optional(),
  /** Silence after which a crashed worker's partitions are given to another; brokers allow 6 s to 30 min. */
  KAFKA_SESSION_TIMEOUT_SECONDS: wholeNumber(6, 1_800).default(30),
});

/** Where the object store is. */
export const s3Settings = z.object({
  [environmentKeys.s3Endpoint]: z.url({ protocol: /^https?$/ }).optional(),
  [environmentKeys.s3Region]: z.string().default('us-east-1'),
  [environmentKeys.s3ForcePathStyle]: flag.default(false),
  [environmentKeys.s3AccessKeyId]: z.string().optional(),
  [environmentKeys.s3SecretAccessKey]: z.string().optional(),
  /** Node.js itself reads it when it starts, and never again. */
  NODE_EXTRA_CA_CERTS: z.string().optional(),
});

/** What every worker is told. */
export const operationsSettings = z.object({
  [environmentKeys.logLevel]: z.enum(logLevels).default('info'),
  /** Port of `/healthz`, `/readyz`, `/metrics` and `/model`. */
  OPERATIONS_PORT: wholeNumber(0, 65_535).default(ports.workerOperations),
  /** Seconds from SIGTERM to the end; less than the pod's grace period. */
  SHUTDOWN_GRACE_SECONDS: wholeNumber(1, 600).default(25),
});

/**
 * Reads settings once from the environment. A variable that is present but empty, as an optional Secret leaves it, is absent.
 *
 * @throws {ConfigError} that names every variable that cannot be used, and its value unless it is a secret
 */
export function parseEnvironment<T>(schema: z.ZodType<T>, environment: Environment): T {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? 'environment');
      const value = given[name];
      if (value === undefined) return `${name} is not set: ${issue.message}`;
      return `${name}=${isSecret(name) ? '[hidden]' : JSON.stringify(value)}: ${issue.message}`;
    }),
  );
}

/** Settings as they may be printed: secrets hidden, what is absent left out. */
export function printable(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, isSecret(name) ? '[hidden]' : value]),
  );
}

/** Whether a variable's value must not be printed, judged by its name. */
export function isSecret(name: string): boolean {
  // Where a secret is, is none.
  return /PASSWORD|SECRET|TOKEN|WEBHOOK|ROUTING_KEY/i.test(name) && !name.endsWith('_FILE');
}

/**
 * What is in files is read anew for each connection.
 *
 * @throws {ConfigError} for half a credential or certificate, or a file that cannot be read
 */
export function kafkaConnection(settings: z.infer<typeof kafkaSettings>): KafkaConnection {
  const {
    KAFKA_BROKERS: brokers,
    KAFKA_CA_FILE: caFile,
    KAFKA_CERT_FILE: certFile,
    KAFKA_KEY_FILE: keyFile,
  } = settings;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new ConfigError(['KAFKA_CERT_FILE and KAFKA_KEY_FILE must be set both or neither']);
  }
  if (certFile !== undefined && caFile === undefined) {
    throw new ConfigError(['KAFKA_CERT_FILE is set and KAFKA_CA_FILE is not: a certificate is shown over TLS only']);
  }
  const credentials = kafkaCredentials(settings);
  return {
    brokers,
    ...(credentials !== undefined && { credentials }),
    ...(caFile !== undefined && { certificateAuthority: fileOf('KAFKA_CA_FILE', caFile) }),
    ...(certFile !== undefined &&
      keyFile !== undefined && {
        certificate: pairOf(fileOf('KAFKA_CERT_FILE', certFile), fileOf('KAFKA_KEY_FILE', keyFile)),
      }),
  };
}

function kafkaCredentials(settings: z.infer<typeof kafkaSettings>): Current<KafkaCredentials> | undefined {
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password, KAFKA_PASSWORD_FILE: passwordFile } = settings;
  if (password !== undefined && passwordFile !== undefined) {
    throw new ConfigError(['KAFKA_PASSWORD and KAFKA_PASSWORD_FILE are set: one of them is to say the password']);
  }
  if ((username === undefined) !== (password === undefined && passwordFile === undefined)) {
    throw new ConfigError(['KAFKA_USERNAME and KAFKA_PASSWORD, or KAFKA_PASSWORD_FILE, must be set both or neither']);
  }
  if (username === undefined) return undefined;
  if (password !== undefined) return { username, password };
  if (passwordFile === undefined) return undefined;
  const read = fileOf('KAFKA_PASSWORD_FILE', passwordFile);
  // Editors end a file with a new line, which is no part of the password.
  return () => ({ username, password: read().replace(/\r?\n$/, '') });
}

function pairOf(cert: () => string, key: () => string): () => { readonly cert: string; readonly key: string } {
  return () => ({ cert: cert(), key: key() });
}

/** @throws {ConfigError} for half a credential, or a file that cannot be read */
export function s3Connection(settings: z.infer<typeof s3Settings>): S3Connection {
  const { S3_ENDPOINT: endpoint, S3_REGION: region, S3_FORCE_PATH_STYLE: forcePathStyle } = settings;
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    NODE_EXTRA_CA_CERTS: caFile,
  } = settings;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new ConfigError(['AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set both or neither']);
  }
  return {
    region,
    forcePathStyle,
    ...(endpoint !== undefined && { endpoint }),
    ...(caFile !== undefined && { certificateAuthority: fileOf('NODE_EXTRA_CA_CERTS', caFile) }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  };
}

function fileOf(name: string, path: string): () => string {
  try {
    return currentFile(path);
  } catch (error) {
    throw new ConfigError([
      `${name}=${JSON.stringify(path)}: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}
