import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  ConfigError,
  kafkaConnection,
  kafkaSettings,
  parseEnvironment,
  printable,
  s3Connection,
  s3Settings,
} from './config';
import { currently } from './current';
import { kafkaSecurity } from './kafka/kafka-connection';
import { withFolder } from './testing';

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings from the environment', () => {
  it('name every variable that cannot be used, with its value', () => {
    const schema = z.object({ ATTEMPTS: z.coerce.number().max(20), URL: z.url(), NAME: z.string() });
    const problems = problemsOf(() => parseEnvironment(schema, { ATTEMPTS: '99', URL: 'nowhere' }));
    expect(problems).toHaveLength(3);
    expect(problems[0]).toContain('ATTEMPTS="99"');
    expect(problems[1]).toContain('URL="nowhere"');
    expect(problems[2]).toContain('NAME is not set');
  });

  it('hide secrets in errors and when printed', () => {
    const schema = z.object({ KAFKA_PASSWORD: z.string().min(10), SLACK_WEBHOOK_URL: z.url() });
    const problems = problemsOf(() => parseEnvironment(schema, { KAFKA_PASSWORD: 'hunter2', SLACK_WEBHOOK_URL: 'x' }));
    expect(problems.join()).not.toContain('hunter2');
    expect(problems[0]).toContain('KAFKA_PASSWORD=[hidden]');
    const settings = {
      KAFKA_PASSWORD: 'hunter2',
      AWS_SECRET_ACCESS_KEY: 's',
      GRAFANA_URL: 'http://g',
      SLACK: undefined,
    };
    expect(printable(settings)).toEqual({
      KAFKA_PASSWORD: '[hidden]',
      AWS_SECRET_ACCESS_KEY: '[hidden]',
      GRAFANA_URL: 'http://g',
    });
  });

  it('take an empty variable for an absent one', () => {
    const settings = parseEnvironment(s3Settings, { S3_ENDPOINT: '', S3_FORCE_PATH_STYLE: 'true' });
    expect(s3Connection(settings)).toEqual({ region: 'us-east-1', forcePathStyle: true });
  });

  it('say how to reach the broker', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'ca.crt');
      await writeFile(file, 'PEM');
      const environment = {
        KAFKA_BROKERS: 'a:9092, b:9093',
        KAFKA_USERNAME: 'u',
        KAFKA_PASSWORD: 'p',
        KAFKA_CA_FILE: file,
        KAFKA_CERT_FILE: file,
        KAFKA_KEY_FILE: file,
      };
      const connection = kafkaConnection(parseEnvironment(kafkaSettings, environment));
      expect(connection).toMatchObject({
        brokers: ['a:9092', 'b:9093'],
        credentials: { username: 'u', password: 'p' },
      });
      const { ssl } = kafkaSecurity(connection);
      expect(Object.assign({}, ssl)).toEqual({ ca: ['PEM'], cert: 'PEM', key: 'PEM' });
      // What is connected next trusts and shows what is there then.
      await writeFile(file, 'RENEWED');
      expect(Object.assign({}, ssl)).toEqual({ ca: ['RENEWED'], cert: 'RENEWED', key: 'RENEWED' });
    });
  });

  it('take the password of a file, as it is when it is needed', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'password');
      await writeFile(file, 'old\n');
      const environment = { KAFKA_BROKERS: 'a:9092', KAFKA_USERNAME: 'u', KAFKA_PASSWORD_FILE: file };
      const { credentials } = kafkaConnection(parseEnvironment(kafkaSettings, environment));
      const now = () => (credentials === undefined ? undefined : currently(credentials));
      expect(now()).toEqual({ username: 'u', password: 'old' });
      await writeFile(file, 'new');
      expect(now()).toEqual({ username: 'u', password: 'new' });
    });
  });

  it.each([
    [{ KAFKA_BROKERS: 'no-port' }, /KAFKA_BROKERS="no-port"/],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_USERNAME: 'u' }, /both or neither/],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_PASSWORD_FILE: '/missing' }, /both or neither/],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'p', KAFKA_PASSWORD_FILE: '/p' }, /one of them/],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_USERNAME: 'u', KAFKA_PASSWORD_FILE: '/missing/p' }, /KAFKA_PASSWORD_FILE=/],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_CERT_FILE: '/tls.crt' }, /KAFKA_CERT_FILE and KAFKA_KEY_FILE/],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_CERT_FILE: '/c', KAFKA_KEY_FILE: '/k' }, /KAFKA_CA_FILE is not/],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_CA_FILE: '/missing/ca.crt' }, /KAFKA_CA_FILE="\/missing\/ca.crt"/],
  ])('refuse %j', (environment, message) => {
    expect(() => kafkaConnection(parseEnvironment(kafkaSettings, environment))).toThrow(message);
  });
});
