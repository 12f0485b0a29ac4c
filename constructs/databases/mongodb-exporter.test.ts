import { Endpoint } from '../core/endpoint';
import type { PlatformAppProps } from '../core/platform-app';
import { SecretSource } from '../core/secret-source';
import { Prometheus } from '../metrics/prometheus';
import { asYaml, containerOf, envOf, givenSecret, renderApp, testApp, violationsOf, type OwnProps } from '../testing';
import { MongodbExporter, type MongodbExporterProps } from './mongodb-exporter';

const everything: OwnProps<MongodbExporterProps> = {
  secretMayFollow: false,
  name: 'orders',
  server: Endpoint.external('mongodb.example.org', 27017, { tls: { ca: 'mongodb-ca' } }),
  credentials: SecretSource.existing({ name: 'mongodb-user' }),
  resources: { cpu: '10m', memory: '48Mi', memoryLimit: '64Mi' },
  image: 'example.org/mongodb_exporter:0.54.0',
};

function render(props: Partial<MongodbExporterProps> = {}, platform: Partial<PlatformAppProps> = {}) {
  const app = testApp(platform);
  const server = Endpoint.external('mongodb.example.org', 27017);
  const exporter = new MongodbExporter(app.chart('databases'), 'mongodb-exporter', { server, ...props });
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus');
  prometheus.scrape(exporter);
  prometheus.evaluate(exporter);
  return { app, objects: renderApp(app) };
}

describe('MongodbExporter', () => {
  it('needs a server, and the Secret of its user', () => {
    const { app, objects } = render();
    expect(violationsOf(app, { given: [givenSecret('databases', 'mongodb-exporter-mongodb')] })).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'databases'))).toMatchSnapshot();
  });

  it('takes every prop, and tells no password in the address', () => {
    const { app, objects } = render(everything);
    expect(envOf(objects, 'Deployment', 'orders').MONGODB_URI).toBe(
      'mongodb://mongodb.example.org:27017/admin?tls=true&tlsCAFile=%2Fetc%2Fplumbline%2Ftls%2Fmongodb-ca-ca-crt%2Fca.crt',
    );
    expect(containerOf(objects, 'Deployment', 'orders').env).toContainEqual({
      name: 'MONGODB_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'mongodb-user', key: 'password' } },
    });
    const given = ['mongodb-user', 'mongodb-ca'].map((name) => givenSecret('databases', name));
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('cannot be told another name than that of the host, nor show a certificate', () => {
    const at = (tls: object) => Endpoint.external('mongodb.example.org', 27017, { tls });
    expect(() => render({ server: at({ serverName: 'other' }) })).toThrow('the name of the host');
    expect(() => render({ server: at({ clientCertificate: 'client' }) })).toThrow('a server that asks for a password');
  });

  it('speaks TLS where servers of the platform do', () => {
    const { objects } = render({}, { tls: { ca: 'ca' } });
    expect(containerOf(objects, 'Deployment', 'mongodb-exporter').args).toContain(
      '--web.config=/etc/mongodb-exporter/web.yml',
    );
  });
});
