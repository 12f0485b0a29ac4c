import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const constructs = join(__dirname, '..');

/** What offers TLS or authentication, is somebody else's that does, or tells others' programs by their own variables: only there may anything depend on it. */
const offers = [
  'alerting/alertmanager.ts',
  'applications/external-targets.ts',
  'caches/memcached.ts',
  'collection/collector-config.ts',
  'collection/trace-protocols.ts',
  'databases/mongodb-exporter.ts',
  'databases/postgres-config.ts',
  'databases/postgres-exporter.ts',
  'databases/redis-exporter.ts',
  'doors/backend-tls.ts',
  'learning/airflow-settings.ts',
  'learning/mlflow-config.ts',
  'learning/mlflow.ts',
  'learning/model-registry.ts',
  'learning/python-programs.ts',
  'logs/log-agent-config.ts',
  'logs/loki-config.ts',
  'logs/vector-config.ts',
  'logs/vector-tier.ts',
  'metrics/mimir-config.ts',
  'metrics/prometheus-config.ts',
  'metrics/scrape-credentials.ts',
  'operations/backup-destination.ts',
  'operations/database-dumps.ts',
  'storage/expanded-credentials.ts',
  'storage/external-object-store.ts',
  'storage/object-store.ts',
  'streaming/external-event-stream.ts',
  'streaming/redpanda-broker.ts',
  'streaming/redpanda-config.ts',
  'streaming/redpanda-tiered-storage.ts',
  'tracing/tempo-config.ts',
  'visualization/grafana.ts',
];

/** A question whether there is TLS, a certificate, a user or a password. */
const question =
  /\b(tls|sasl|certificate|credentials|users?|password|accessKey)\b\s*(?:===|!==|&&|\?\?|\?(?![.:?])\s)/i;

function questions(text: string): readonly string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return code.split('\n').filter((line) => question.test(line));
}

function sources(): readonly string[] {
  return readdirSync(constructs, { recursive: true, encoding: 'utf8' }).filter(
    (path) =>
      path.endsWith('.ts') &&
      !/(^|\/)(core|contracts|invariants|node_modules)\/|test|\.d\.ts$/.test(path) &&
      !offers.includes(path),
  );
}

describe('Constructs that only pass connections on', () => {
  it('do not ask whether there is TLS or a user', () => {
    const found = sources().flatMap((path) =>
      questions(readFileSync(join(constructs, path), 'utf8')).map((line) => `${relative('.', path)}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  it('would be found out', () => {
    expect(sources()).toContain('collection/stream-security.ts');
    for (const line of [
      'tls: tls && settings(tls),',
      "...(connection.tls !== undefined && { scheme: 'https' }),",
      'if (access.credentials === undefined) return {};',
      "scheme: tls ? 'https' : 'http',",
    ])
      expect(questions(line)).toEqual([line]);
    expect(questions('readonly tls?: ClientTls; const { tls } = connection; f(connection?.tls)')).toEqual([]);
  });

  it('are all but those that offer it', () => {
    for (const path of offers) expect(questions(readFileSync(join(constructs, path), 'utf8'))).not.toEqual([]);
  });
});
