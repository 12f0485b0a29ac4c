import { VerifyError } from '../check';
import { expectedBuckets, expectedTopics } from '../expected';
import { podsBehind } from '../cluster/pods';
import { RenderedEnvironment, type RenderedObject } from '../rendered';
import { clusterAt, contextOf, serve, thesis, type TestServer } from '../testing';
import { renderedAddress, serviceOf } from './addresses';
import { serverNames } from './names';

const rendered = thesis();

describe('addresses of an environment', () => {
  it('follow from its manifests', () => {
    expect(Object.fromEntries(serverNames.map((name) => [name, renderedAddress(rendered, name)]))).toEqual({
      ingestor: 'http://otel-ingestor.plumbline.svc.cluster.local:4318',
      tempo: 'http://tempo.tempo.svc.cluster.local:3200',
      grafana: 'http://grafana.grafana.svc.cluster.local:80',
      prometheus: 'http://prometheus.plumbline.svc.cluster.local:9090',
      kafka: 'redpanda.redpanda.svc.cluster.local:9092',
      s3: 'http://objects.plumbline.svc.cluster.local:7070',
    });
  });

  it.each(serverNames)('of manifests that have none are asked for by --%s, or the folder', (name) => {
    const empty = new RenderedEnvironment([], 'dist/empty');
    expect(() => renderedAddress(empty, name)).toThrow(VerifyError);
    expect(() => renderedAddress(empty, name)).toThrow(/^dist\/empty (has no|does not say)/);
  });

  it('are of a Service, or of something outside', () => {
    expect(serviceOf('tempo.tracing.svc.cluster.local')).toEqual({ service: 'tempo', namespace: 'tracing' });
    expect(serviceOf('s3.eu-central-1.amazonaws.com')).toBeUndefined();
  });
});

describe('servers', () => {
  const closing: TestServer[] = [];
  afterEach(() => Promise.all(closing.splice(0).map((server) => server.close())));

  const { workload } = expectedBuckets(rendered);

  /** A cluster with a Secret of the object store. */
  async function withSecret() {
    const data = { accessKeyId: Buffer.from('of the cluster').toString('base64') };
    const server = await serve((path) =>
      path === '/api/v1/namespaces/plumbline/secrets/objects-root' ? { data } : undefined,
    );
    closing.push(server);
    return clusterAt(server.url);
  }

  it('are where they are said to be by hand', async () => {
    const { servers } = contextOf({ given: { tempo: 'http://localhost:3200/' } });
    expect(await servers.url('tempo')).toBe('http://localhost:3200');
    await expect(servers.url('grafana')).rejects.toMatchObject({
      message: 'there is no way to Grafana: no cluster is looked at, and no address is given',
      todo: 'give its address by --grafana, or name a kubeconfig by --kubeconfig',
    });
  });

  it('have the credentials of the cluster, of this process only for an address by hand', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'of this process' };
    const cluster = await withSecret();
    const read = (given: { readonly s3?: string }) =>
      contextOf({ given, cluster, environment }).servers.variable('s3', workload, 'AWS_ACCESS_KEY_ID');
    expect(await read({})).toBe('of the cluster');
    expect(await read({ s3: 'http://localhost:7070' })).toBe('of this process');
  });

  it('do not pass a broker with TLS through a forwarded port, and say what to do', async () => {
    const { workload: job } = expectedTopics(rendered);
    const text = JSON.stringify(rendered.objects.filter(({ metadata }) => metadata.name === job.metadata.name));
    const variable = '{"name":"KAFKA_CA_FILE","value":"/ca.crt"}';
    const jobs = JSON.parse(text.replace('"env":[', `"env":[${variable},`)) as RenderedObject[];
    const guarded = [...jobs, ...rendered.ofKind('ConfigMap')];
    const context = contextOf({
      rendered: new RenderedEnvironment(guarded, 'dist/guarded'),
      cluster: await withSecret(),
    });
    await expect(context.servers.kafka()).rejects.toThrow('the broker asks for TLS');
  });

  describe('behind a Service', () => {
    const pod = (name: string, ready: string) => ({
      metadata: { name },
      spec: { containers: [{ ports: [{ name: 'http', containerPort: 3000 }] }] },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
    });

    async function behind(items: readonly object[], port = 80) {
      const server = await serve((path) => {
        if (path === '/api/v1') return { resources: [{ name: 'services', kind: 'Service', namespaced: true }] };
        if (path === '/api/v1/namespaces/grafana/services/grafana')
          return { spec: { selector: { app: 'grafana' }, ports: [{ port: 80, targetPort: 'http' }] } };
        return path === '/api/v1/namespaces/grafana/pods?labelSelector=app=grafana' ? { items } : undefined;
      });
      closing.push(server);
      return podsBehind(clusterAt(server.url).api, 'grafana', 'grafana', port);
    }

    it('are ready pods, at the port that the Service means', async () => {
      expect(await behind([pod('grafana-b', 'True'), pod('grafana-c', 'False'), pod('grafana-a', 'True')])).toEqual([
        { pod: 'grafana-a', port: 3000 },
        { pod: 'grafana-b', port: 3000 },
      ]);
    });

    it('are asked for when none is ready, or the port is another', async () => {
      await expect(behind([pod('grafana-a', 'False')])).rejects.toThrow('no pod of Service grafana/grafana is ready');
      await expect(behind([pod('grafana-a', 'True')], 81)).rejects.toThrow('Service grafana/grafana has no port 81');
    });
  });
});
