import type { V1PodSpec } from '@kubernetes/client-node';
import { Chart, Duration } from 'cdk8s';
import type { CertificatesJob } from '../contracts';
import type { PlatformApp } from '../core/platform-app';
import { Postgres } from '../databases/postgres';
import { ObjectStore } from '../storage/object-store';
import {
  containerOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { CertificateRestarts, type CertificateRestartsProps } from './certificate-restarts';

const everything: OwnProps<CertificateRestartsProps> = {
  name: 'renewals',
  schedule: '*/5 * * * *',
  settle: Duration.minutes(3),
  maximumAge: Duration.hours(2),
  image: 'example.org/workers:1.0.0',
};

/** What is not ours to make. */
const given = [
  givenSecret('storage', 'ca'),
  givenSecret('storage', 'objects-tls'),
  givenSecret('databases', 'ca'),
  givenSecret('databases', 'postgres-tls'),
];

function servers(app: PlatformApp) {
  new ObjectStore(app.chart('storage'), 'objects').bucket('traces');
  new Postgres(app.chart('databases'), 'postgres');
}

function render(props: CertificateRestartsProps = {}) {
  const app = testApp({ tls: { ca: 'ca' } });
  servers(app);
  const restarts = CertificateRestarts.everywhere(app, props);
  const objects = renderApp(app);
  return { app, restarts, objects, inStorage: objects.filter(({ metadata }) => metadata.namespace === 'storage') };
}

describe('Servers that do not read their certificate again', () => {
  it('are looked at in each namespace that has any, as it stands in their Secrets', () => {
    const { app, restarts, objects } = render();
    expect(violationsOf(app, { given })).toEqual([]);
    expect(restarts.map(({ namespace }) => namespace)).toEqual(['databases', 'storage']);
    const files = objects
      .filter(({ metadata }) => /^certificate-restarts-.*-job$/.test(metadata.name))
      .map(({ data }) => JSON.parse((data as Record<string, string>)['job.json'] ?? '') as CertificatesJob);
    expect(files).toEqual([
      {
        namespace: 'storage',
        settleSeconds: 900,
        servers: [
          {
            name: 'objects',
            selector: 'app.kubernetes.io/instance=objects,app.kubernetes.io/name=objects',
            certificateFile: '/run/certificates/objects-tls/tls.crt',
            ports: [
              { address: 'objects.storage.svc.cluster.local:7070', port: 7070 },
              { address: 'objects.storage.svc.cluster.local:7071', port: 7071 },
            ],
          },
        ],
      },
      {
        namespace: 'databases',
        settleSeconds: 900,
        servers: [
          {
            name: 'postgres',
            selector: 'app.kubernetes.io/instance=postgres,app.kubernetes.io/name=postgres',
            certificateFile: '/run/certificates/postgres-tls/tls.crt',
            ports: [{ address: 'postgres.databases.svc.cluster.local:5432', port: 5432, startTls: 'postgresql' }],
          },
        ],
      },
    ]);
  });

  it('are started again by who may list and evict pods of their namespace and nothing else, and sees no key', () => {
    const { objects, inStorage } = render();
    const roles = objects.filter(
      ({ kind, metadata }) => kind === 'Role' && metadata.name.startsWith('certificate-restarts-'),
    );
    expect(roles.map(({ metadata, rules }) => [metadata.namespace, rules])).toEqual(
      ['storage', 'databases'].map((namespace) => [
        namespace,
        [
          { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
          { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
        ],
      ]),
    );
    const { volumes } = podTemplateOf(inStorage, 'CronJob', 'certificate-restarts-storage')
      .spec as unknown as V1PodSpec;
    const secrets = volumes?.flatMap(({ secret }) => secret ?? []);
    expect(secrets?.map(({ items }) => items?.map(({ key }) => key))).toEqual([['tls.crt']]);
  });

  it('take every setting', () => {
    const { app, restarts, inStorage } = render(everything);
    expect(violationsOf(app, { given })).toEqual([]);
    expect(containerOf(inStorage, 'CronJob', 'renewals-storage').image).toBe('example.org/workers:1.0.0');
    expect(objectOf(inStorage, 'CronJob', 'renewals-storage').spec).toMatchObject({ schedule: '*/5 * * * *' });
    expect(JSON.parse(fileOf(inStorage, 'renewals-storage-job', 'job.json'))).toMatchObject({ settleSeconds: 180 });
    expect(restarts.flatMap(({ alerts }) => alerts.map(({ expr }) => expr))).toEqual([
      expect.stringMatching(/namespace="databases", cronjob="renewals-databases".*> 7200$/),
      expect.stringMatching(/namespace="storage", cronjob="renewals-storage".*> 7200$/),
    ]);
  });

  it('are none where the platform speaks in plain text', () => {
    const app = testApp();
    servers(app);
    expect(CertificateRestarts.everywhere(app)).toEqual([]);
    expect(() => new CertificateRestarts(new Chart(app, 'chart', { namespace: 'elsewhere' }), 'restarts')).toThrow(
      'a namespace with servers that show a certificate',
    );
  });
});
