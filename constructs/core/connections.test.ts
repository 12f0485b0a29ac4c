import { parse } from 'yaml';
import { AnomalyPipeline } from '../anomaly/anomaly-pipeline';
import { OtelTier } from '../collection/otel-tier';
import { ExternalLogStore } from '../logs/external-log-store';
import { Prometheus } from '../metrics/prometheus';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { containerOf, fileOf, givenSecret, podTemplateOf, renderApp, testApp, violationsOf } from '../testing';
import { Endpoint } from './endpoint';
import { SecretSource } from './secret-source';

/** A pipeline and its collectors on brokers and stores that are not ours and ask for TLS and a user. */
function secured() {
  const app = testApp();
  const stream = RedpandaBroker.fromExternal(app.chart('streaming'), 'kafka', {
    brokers: ['kafka.example.org:9093'],
    tls: { ca: 'example-ca' },
    users: SecretSource.existing(),
  });
  const storage = ObjectStore.fromExternal(app.chart('storage'), 'minio', {
    endpoint: 'https://s3.example.org:9000',
    region: 'x',
    tls: { ca: 'example-ca' },
  });
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: storage.bucket('blocks') });
  const cloud = TempoMonolith.fromExternal(app.chart('tracing'), 'cloud', {
    otlpGrpc: Endpoint.external('tempo.example.org', 4317, { tls: { ca: 'example-ca', serverName: 'tempo' } }),
    query: Endpoint.external('tempo.example.org', 443, { scheme: 'https' }),
  });
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    stream,
    anomalies: storage.bucket('anomaly-data'),
    models: storage.bucket('ml-models'),
  });
  const endpoint = Endpoint.external('signals.example.org', 443, { scheme: 'https', tls: { ca: 'example-ca' } });
  new OtelTier(app.chart('collection'), 'otel', {
    traces: [pipeline.rawTraces, tempo, cloud],
    logs: [new ExternalLogStore(app.chart('logs'), 'lines', { endpoint })],
    metrics: [Prometheus.fromExternal(app.chart('metrics'), 'series', { endpoint, otlpPath: '/otlp' })],
  });
  return { app, objects: renderApp(app) };
}

const caFile = '/etc/plumbline/tls/example-ca-ca-crt/ca.crt';
const secretKey = (name: string, key: string) => ({ secretKeyRef: { name, key } });

describe('What asks for TLS and a user', () => {
  const { app, objects } = secured();

  it('is told to a worker by its variables, with a user of its own', () => {
    const { env } = containerOf(objects, 'Deployment', 'anomaly-detection');
    expect(env).toEqual(
      expect.arrayContaining([
        { name: 'KAFKA_CA_FILE', value: caFile },
        { name: 'KAFKA_USERNAME', valueFrom: secretKey('anomaly-detection-kafka-kafka', 'username') },
        // In a file, so that another one is taken up without a restart.
        { name: 'KAFKA_PASSWORD_FILE', value: '/etc/plumbline/kafka-user/password' },
        { name: 'NODE_EXTRA_CA_CERTS', value: caFile },
        { name: 'AWS_ACCESS_KEY_ID', valueFrom: secretKey('anomaly-detection-minio-s3', 'accessKeyId') },
      ]),
    );
  });

  it('has its password mounted once, though it reads and writes several topics', () => {
    const { containers, volumes } = podTemplateOf(objects, 'Deployment', 'anomaly-detection').spec;
    const ofUser = ({ name }: { readonly name: string }) => name === 'kafka-user';
    const items = [{ key: 'password', path: 'password' }];
    expect((volumes as { readonly name: string }[]).filter(ofUser)).toEqual([
      { name: 'kafka-user', secret: { secretName: 'anomaly-detection-kafka-kafka', defaultMode: 0o440, items } },
    ]);
    expect((containers[0]?.volumeMounts as { readonly name: string }[]).filter(ofUser)).toEqual([
      { name: 'kafka-user', mountPath: '/etc/plumbline/kafka-user', readOnly: true },
    ]);
  });

  it('has its authority mounted once, though several ask for it', () => {
    const { containers, volumes } = podTemplateOf(objects, 'Deployment', 'anomaly-detection').spec;
    const ofAuthority = ({ name }: { readonly name: string }) => name === 'tls-example-ca-ca-crt';
    expect((volumes as { readonly name: string }[]).filter(ofAuthority)).toEqual([
      {
        name: 'tls-example-ca-ca-crt',
        secret: { secretName: 'example-ca', defaultMode: 0o440, items: [{ key: 'ca.crt', path: 'ca.crt' }] },
      },
    ]);
    expect((containers[0]?.volumeMounts as { readonly name: string }[]).filter(ofAuthority)).toEqual([
      { name: 'tls-example-ca-ca-crt', mountPath: '/etc/plumbline/tls/example-ca-ca-crt', readOnly: true },
    ]);
  });

  it('is told to a collector in its file, which names variables for what is secret', () => {
    const { exporters } = parse(fileOf(objects, 'otel-aggregator-config', 'config.yaml')) as {
      readonly exporters: Readonly<Record<string, object>>;
    };
    expect(exporters['kafka/traces']).toMatchObject({
      brokers: ['kafka.example.org:9093'],
      tls: { ca_file: caFile },
      auth: {
        sasl: {
          mechanism: 'SCRAM-SHA-256',
          username: '${env:KAFKA_TRACES_USERNAME}',
          password: '${env:KAFKA_TRACES_PASSWORD}',
        },
      },
    });
    expect(exporters['otlp_grpc/cloud']).toMatchObject({
      endpoint: 'tempo.example.org:4317',
      tls: { ca_file: caFile, server_name_override: 'tempo' },
    });
    expect(exporters['otlp_grpc/tempo']).toMatchObject({ tls: { insecure: true } });
    for (const name of ['lines', 'series'])
      expect(exporters[`otlp_http/${name}`]).toMatchObject({
        endpoint: 'https://signals.example.org:443/otlp',
        tls: { ca_file: caFile },
      });
    expect(containerOf(objects, 'StatefulSet', 'otel-aggregator').env).toContainEqual({
      name: 'KAFKA_TRACES_PASSWORD',
      valueFrom: secretKey('otel-aggregator-kafka-kafka', 'password'),
    });
  });

  it('is told to Tempo in its file', () => {
    const { storage } = parse(fileOf(objects, 'tempo-config', 'tempo.yaml')) as {
      readonly storage: { readonly trace: { readonly s3: object } };
    };
    expect(storage.trace.s3).toMatchObject({
      endpoint: 's3.example.org:9000',
      tls_ca_path: caFile,
      access_key: '${AWS_ACCESS_KEY_ID}',
    });
  });

  it('keeps every invariant, but that its Secrets are made by somebody else', () => {
    const workers = ['preprocessing', 'anomaly-detection', 'root-cause', 'notification', 'training', 'console'];
    const given = [
      ...['streaming', 'tracing', 'anomaly', 'collection'].map((namespace) => givenSecret(namespace, 'example-ca')),
      ...workers.map((name) => givenSecret('anomaly', `${name}-kafka-kafka`)),
      ...['anomaly-detection', 'root-cause', 'training'].map((name) => givenSecret('anomaly', `${name}-minio-s3`)),
      givenSecret('collection', 'otel-aggregator-kafka-kafka'),
      givenSecret('streaming', 'kafka-topics-kafka-kafka'),
      givenSecret('tracing', 'tempo-minio-s3'),
    ];
    expect(violationsOf(app, { given })).toEqual([]);
  });
});
