import { parse } from 'yaml';
import { ServerCertificate } from '../constructs';
import type { TopicsJob } from '../constructs/contracts';
import {
  containerOf,
  envOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  violationsOf,
  type TestContainer,
} from '../constructs/testing';
import { platform } from '../main';
import { encrypted } from './encrypted.testing';

const app = platform(encrypted);
const objects = renderApp(app);
const file = (configMap: string, key: string): unknown => parse(fileOf(objects, configMap, key));
const caFile = '/etc/plumbline/tls/platform-ca-ca-crt/ca.crt';
const served = { cert_file: '/etc/plumbline/tls/server/tls.crt', key_file: '/etc/plumbline/tls/server/tls.key' };
/** By the collector and what is made of it, which would else keep the first. */
const reread = { ...served, reload_interval: '1m' };
const envNames = ({ env = [] }: TestContainer) => env.map(({ name }) => name);

/** Certificates and users' Secrets that whoever applies the platform has made. */
const certificates = ServerCertificate.all(app);
const namespaces = new Set(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name));

describe('The platform with TLS and users, by values of the environment alone', () => {
  it('keeps every invariant once the certificates are there', () => {
    const given = [
      ...certificates.map(({ namespace, secretName }) => givenSecret(namespace, secretName)),
      ...Array.from(namespaces, (namespace) => givenSecret(namespace, 'platform-ca')),
    ];
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('says which certificates it needs, and for which names', () => {
    expect(certificates.map(({ namespace, secretName }) => `${namespace}/${secretName}`)).toEqual([
      'grafana/grafana-tls',
      'plumbline/objects-tls',
      'plumbline/otel-aggregator-tls',
      'plumbline/otel-ingestor-tls',
      'plumbline/prometheus-tls',
      'redpanda/redpanda-tls',
      'tempo/tempo-tls',
    ]);
    expect(certificates.find(({ secretName }) => secretName === 'redpanda-tls')?.dnsNames).toEqual([
      'redpanda.redpanda.svc.cluster.local',
      'redpanda-headless.redpanda.svc.cluster.local',
      '*.redpanda-headless.redpanda.svc.cluster.local',
    ]);
  });

  it('has the broker encrypt, know its users, and make the first of them itself', () => {
    expect(file('redpanda-config', 'redpanda.yaml')).toMatchObject({
      redpanda: {
        kafka_api: [{ name: 'internal', authentication_method: 'sasl' }],
        kafka_api_tls: [{ name: 'internal', enabled: true, ...served }],
        admin_api_tls: [{ name: 'admin', enabled: true, ...served }],
      },
    });
    expect(file('redpanda-config', '.bootstrap.yaml')).toMatchObject({
      superusers: ['admin'],
      kafka_enable_authorization: true,
      admin_api_require_auth: true,
    });
    const broker = containerOf(objects, 'StatefulSet', 'redpanda');
    expect(broker.env?.map(({ name }) => name)).toEqual([
      'ADMIN_PASSWORD',
      'ADMIN_USERNAME',
      'POD_NAME',
      'RP_BOOTSTRAP_USER',
    ]);
    expect(broker.livenessProbe).toMatchObject({ httpGet: { scheme: 'HTTPS' } });
  });

  it('tells every worker the authority, its own user and the store over TLS', () => {
    for (const worker of ['preprocessing', 'anomaly-detection', 'root-cause', 'notification', 'training', 'console']) {
      const container = containerOf(objects, 'Deployment', worker);
      expect(envOf(objects, 'Deployment', worker)).toMatchObject({
        KAFKA_CA_FILE: caFile,
        KAFKA_PASSWORD_FILE: '/etc/plumbline/kafka-user/password',
      });
      expect(podTemplateOf(objects, 'Deployment', worker).spec.volumes).toContainEqual({
        name: 'kafka-user',
        secret: {
          secretName: `${worker}-redpanda-kafka`,
          defaultMode: 0o440,
          items: [{ key: 'password', path: 'password' }],
        },
      });
      if (envNames(container).includes('S3_ENDPOINT'))
        expect(envOf(objects, 'Deployment', worker)).toMatchObject({
          S3_ENDPOINT: 'https://objects.plumbline.svc.cluster.local:7070',
          NODE_EXTRA_CA_CERTS: caFile,
        });
    }
  });

  it('gives users what was granted, and the Job that makes them the way to the admin API', () => {
    const { acls, redpanda, keptUsers } = JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob;
    expect(keptUsers).toEqual(['admin']);
    expect(acls).toContainEqual({
      user: 'preprocessing',
      resource: 'topic',
      name: 'traces',
      operations: ['describe', 'read'],
    });
    expect(acls).toContainEqual({
      user: 'preprocessing',
      resource: 'group',
      name: 'preprocessing-group',
      operations: ['read'],
    });
    expect(acls?.filter(({ user, name }) => user === 'console' && name === 'traces')).toEqual([]);
    expect(acls?.some(({ user }) => user === 'admin')).toBe(false);
    expect(redpanda?.adminEndpoint).toBe('https://redpanda-headless.redpanda.svc.cluster.local:9644');
    expect(redpanda?.users.map(({ name }) => name).sort()).toEqual([...new Set(acls?.map(({ user }) => user))].sort());
    expect(envOf(objects, 'Job', 'redpanda-topics')).toMatchObject({
      KAFKA_CA_FILE: caFile,
      NODE_EXTRA_CA_CERTS: caFile,
    });
  });

  it('has collectors serve with certificates and trust those they send to, by the name of the Service', () => {
    expect(file('otel-ingestor-config', 'config.yaml')).toMatchObject({
      receivers: { otlp: { protocols: { grpc: { tls: reread }, http: { tls: reread } } } },
      exporters: {
        load_balancing: {
          protocol: {
            otlp: {
              tls: { ca_file: caFile, server_name_override: 'otel-aggregator-headless.plumbline.svc.cluster.local' },
            },
          },
        },
      },
    });
    expect(file('otel-aggregator-config', 'config.yaml')).toMatchObject({
      receivers: { otlp: { protocols: { grpc: { tls: reread } } } },
      exporters: {
        'kafka/traces': {
          tls: { ca_file: caFile },
          auth: { sasl: { mechanism: 'SCRAM-SHA-256', password: '${env:KAFKA_TRACES_PASSWORD}' } },
        },
        'otlp_grpc/tempo': { tls: { ca_file: caFile } },
      },
    });
  });

  it('has Tempo serve with a certificate, and trust its store and whom it writes metrics to', () => {
    expect(file('tempo-config', 'tempo.yaml')).toMatchObject({
      server: { http_tls_config: served },
      distributor: { receivers: { otlp: { protocols: { grpc: { tls: reread }, http: { tls: reread } } } } },
      storage: { trace: { s3: { tls_ca_path: caFile } } },
      metrics_generator: {
        storage: {
          remote_write: [{ url: expect.stringMatching(/^https:/) as unknown, tls_config: { ca_file: caFile } }],
        },
      },
    });
  });

  it('has Prometheus serve with a certificate, and read itself and every server as what they are', () => {
    expect(file('prometheus-config', 'web.yml')).toEqual({ tls_server_config: served });
    expect(containerOf(objects, 'StatefulSet', 'prometheus').args).toContain(
      '--web.config.file=/etc/prometheus/web.yml',
    );
    const { scrape_configs: jobs } = file('prometheus-config', 'prometheus.yml') as {
      readonly scrape_configs: readonly { readonly job_name: string }[];
    };
    const over = (host: string) => ({ scheme: 'https', tls_config: { ca_file: caFile, server_name: host } });
    const jobOf = (name: string) => jobs.find(({ job_name }) => job_name === name);
    expect(jobOf('prometheus')).toMatchObject(over('prometheus.plumbline.svc.cluster.local'));
    expect(jobOf('redpanda')).toMatchObject(over('redpanda-headless.redpanda.svc.cluster.local'));
    expect(jobOf('tempo')).toMatchObject(over('tempo-headless.tempo.svc.cluster.local'));
  });

  it('has the store and Grafana serve with certificates, and Grafana trust its sources', () => {
    expect(containerOf(objects, 'StatefulSet', 'objects').args).toEqual(
      expect.arrayContaining([`--cert=${served.cert_file}`, `--admin-cert=${served.cert_file}`]),
    );
    expect(envOf(objects, 'Deployment', 'grafana')).toMatchObject({
      GF_SERVER_PROTOCOL: 'https',
      GF_SERVER_CERT_FILE: served.cert_file,
      GF_SERVER_CERTS_WATCH_INTERVAL: '1m',
    });
    const { datasources } = file('grafana-datasources', 'datasources.yaml') as {
      readonly datasources: readonly object[];
    };
    expect(datasources).toHaveLength(2);
    for (const source of datasources)
      expect(source).toMatchObject({
        url: expect.stringMatching(/^https:/) as unknown,
        jsonData: { tlsAuthWithCACert: true },
        secureJsonData: { tlsCACert: `$__file{${caFile}}` },
      });
  });

  it('has kubelets ask over TLS what serves with a certificate, and nothing else', () => {
    const scheme = (kind: string, name: string) =>
      (containerOf(objects, kind, name).readinessProbe as { httpGet?: { scheme?: string } }).httpGet?.scheme;
    expect(['prometheus', 'tempo', 'objects'].map((name) => scheme('StatefulSet', name))).toEqual(
      Array(3).fill('HTTPS'),
    );
    expect(scheme('Deployment', 'grafana')).toBe('HTTPS');
    // Health of collectors and workers is asked at ports of their own.
    expect(scheme('StatefulSet', 'otel-aggregator')).toBeUndefined();
    expect(scheme('Deployment', 'preprocessing')).toBeUndefined();
  });

  it('has no secret value in any object', () => {
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(objectOf(objects, 'ConfigMap', 'redpanda-config').data['redpanda.yaml']).not.toContain('password');
  });
});
