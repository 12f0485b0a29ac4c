import type { Chart } from 'cdk8s';
import { images } from '../images';
import { objectOf, renderApp, renderChart, testApp, violationsOf } from '../testing';
import { Deployment } from './deployment';
import { Endpoint, type ServiceEndpoint } from './endpoint';
import { NodePort } from './exposure';
import { NetworkPeer } from './network-peer';
import { Probe } from './probe';
import { Service } from './service';

function workload(chart: Chart, name: string): Deployment {
  return new Deployment(chart, name, {
    name,
    instance: 'shop',
    runAs: { user: 1000 },
    container: {
      image: images.tempo,
      resources: { cpu: '100m', memory: '64Mi' },
      readiness: Probe.tcp('http'),
      liveness: Probe.tcp('http'),
    },
  });
}

function served(workload: Deployment, servicePort = 80): ServiceEndpoint {
  const service = new Service(workload, 'service', { workload });
  return service.endpoint({ name: 'http', port: 8080, servicePort, scheme: 'http' });
}

/** A client in one chart and a server in another. */
function clientAndServer() {
  const app = testApp();
  const client = workload(app.chart('anomaly'), 'client');
  served(client);
  const endpoint = served(workload(app.chart('storage'), 'server'));
  return { app, client, endpoint };
}

describe('connect', () => {
  it('returns the address, so that nobody writes one', () => {
    const { client, endpoint } = clientAndServer();
    expect(client.connectTo(endpoint)).toEqual({
      host: 'server.storage.svc.cluster.local',
      port: 80,
      authority: 'server.storage.svc.cluster.local:80',
      url: 'http://server.storage.svc.cluster.local:80',
    });
  });

  it('uses the domain of the cluster', () => {
    const app = testApp({ cluster: { domain: 'cluster.example' } });
    expect(served(workload(app.chart('storage'), 'server')).authority).toBe('server.storage.svc.cluster.example:80');
  });

  it('opens the way at both ends, on the port of the pod, across charts', () => {
    const { app, client, endpoint } = clientAndServer();
    client.setEnv('URL', client.connectTo(endpoint).url);
    const objects = renderApp(app);
    const peer = (namespace: string, name: string) => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': 'shop' } },
    });
    const ports = [{ port: 8080, protocol: 'TCP' }];
    expect(objectOf(objects, 'NetworkPolicy', 'client').spec.egress).toContainEqual({
      to: [peer('storage', 'server')],
      ports,
    });
    expect(objectOf(objects, 'NetworkPolicy', 'server').spec.ingress).toEqual([
      { from: [peer('anomaly', 'client')], ports },
    ]);
    expect(violationsOf(app)).toEqual([]);
  });

  it('lets the client ask DNS, and nobody else', () => {
    const { app, client, endpoint } = clientAndServer();
    client.connectTo(endpoint);
    const objects = renderApp(app);
    const asksDns = (name: string) =>
      JSON.stringify(objectOf(objects, 'NetworkPolicy', name).spec).includes('"port":53');
    expect([asksDns('client'), asksDns('server')]).toEqual([true, false]);
  });

  it('asks the resolvers that the environment names', () => {
    const app = testApp({ cluster: { dns: [{ peer: NetworkPeer.addresses('10.96.0.10/32') }] } });
    workload(app.chart('anomaly'), 'client').connectTo(served(workload(app.chart('storage'), 'server')));
    const { egress } = objectOf(renderApp(app), 'NetworkPolicy', 'client').spec;
    expect(egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.96.0.10/32' } }],
      ports: [
        { port: 53, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
    });
  });

  it('gives the same policies whatever order the wires were drawn in', () => {
    const render = (order: readonly string[]) => {
      const app = testApp();
      const servers = ['a', 'b', 'c'].map((name) => served(workload(app.chart('storage'), name)));
      const client = workload(app.chart('anomaly'), 'client');
      for (const name of order) {
        const server = servers.find(({ workload: { name: each } }) => each === name);
        if (server !== undefined) client.connectTo(server);
      }
      return objectOf(renderApp(app), 'NetworkPolicy', 'client');
    };
    expect(render(['c', 'a', 'b', 'a'])).toEqual(render(['a', 'b', 'c']));
  });

  it('only lets out to what is not ours, and says why', () => {
    const app = testApp();
    const client = workload(app.chart('anomaly'), 'client');
    const database = Endpoint.external('db.example.org', 5432, { ranges: ['192.0.2.0/24'] });
    expect(client.connectTo(database)).toMatchObject({ authority: 'db.example.org:5432', url: 'db.example.org:5432' });
    const { metadata, spec } = objectOf(renderApp(app), 'NetworkPolicy', 'client');
    expect(spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '192.0.2.0/24' } }],
      ports: [{ port: 5432, protocol: 'TCP' }],
    });
    expect(metadata.annotations).toEqual({ 'plumbline.dev/outside': 'egress 5432: db.example.org' });
  });

  it('allows nothing at all where nothing is connected', () => {
    const objects = renderChart((chart) => workload(chart, 'alone'));
    expect(objectOf(objects, 'NetworkPolicy', 'alone').spec).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'alone', 'app.kubernetes.io/instance': 'shop' } },
      policyTypes: ['Ingress', 'Egress'],
    });
  });
});

describe('pings', () => {
  it('go out to whom every port is open, as policies cannot name ICMP, beside what else is open there', () => {
    const app = testApp();
    const client = workload(app.chart('metrics'), 'prober');
    const everybody = NetworkPeer.addresses('192.0.2.0/24');
    client.network.allowPings([everybody], 'echo requests to routers');
    client.connectTo(Endpoint.external('192.0.2.7', 443, { ranges: ['192.0.2.0/24'] }));
    const { metadata, spec } = objectOf(renderApp(app), 'NetworkPolicy', 'prober');
    const to = [{ ipBlock: { cidr: '192.0.2.0/24' } }];
    expect(spec.egress).toEqual(expect.arrayContaining([{ to }, { to, ports: [{ port: 443, protocol: 'TCP' }] }]));
    expect(metadata.annotations).toEqual({
      'plumbline.dev/outside': 'egress *: echo requests to routers\negress 443: 192.0.2.7',
    });
    expect(violationsOf(app).filter((text) => text.includes('outside-explained'))).toEqual([]);
  });
});

describe('expose', () => {
  it('opens a port of every node to the clients of the environment', () => {
    const app = testApp({ cluster: { clientRanges: ['198.51.100.0/24'], nodeRanges: ['10.0.0.0/16'] } });
    served(workload(app.chart('visualization'), 'web')).expose(new NodePort(30300));
    const objects = renderApp(app);
    expect(objectOf(objects, 'Service', 'web').spec).toMatchObject({
      type: 'NodePort',
      ports: [{ port: 80, targetPort: 'http', nodePort: 30300 }],
      // Otherwise the policy would see the address of a node.
      externalTrafficPolicy: 'Local',
    });
    expect(objectOf(objects, 'NetworkPolicy', 'web').spec.ingress).toEqual(
      ['10.0.0.0/16', '198.51.100.0/24'].map((cidr) => ({
        from: [{ ipBlock: { cidr } }],
        ports: [{ port: 8080, protocol: 'TCP' }],
      })),
    );
    expect(violationsOf(app)).toEqual([]);
  });

  it('may have clients of its own', () => {
    const app = testApp();
    const door = new NodePort(30300, { clientRanges: ['203.0.113.0/24'] });
    served(workload(app.chart('visualization'), 'web')).expose(door);
    expect(objectOf(renderApp(app), 'NetworkPolicy', 'web').spec.ingress).toHaveLength(1);
    expect(objectOf(renderApp(app), 'Service', 'web').spec.externalTrafficPolicy).toBe('Local');
  });

  it('goes through every node where anybody may come', () => {
    const app = testApp();
    served(workload(app.chart('visualization'), 'web')).expose(new NodePort(30300));
    expect(objectOf(renderApp(app), 'Service', 'web').spec).not.toHaveProperty('externalTrafficPolicy');
  });

  it('refuses a port that no node has, a second door, and a headless Service', () => {
    expect(() => new NodePort(3000)).toThrow('NodePort.port is 3000, which is not a port from 30000 to 32767');
    const chart = testApp().chart('visualization');
    const web = workload(chart, 'web');
    const endpoint = served(web);
    endpoint.expose(new NodePort(30300));
    expect(() => endpoint.expose(new NodePort(30301))).toThrow('it already is, at 30300');
    const pods = new Service(chart, 'headless', { workload: web, headless: true });
    expect(() => pods.endpoint({ name: 'http', port: 8080 }).expose(new NodePort(30302))).toThrow(
      'web-headless.visualization.svc.cluster.local:8080 cannot be exposed: its Service is headless',
    );
  });
});

describe('accept', () => {
  it('lets in clients that are not ours, and says why', () => {
    const app = testApp();
    const endpoint = served(workload(app.chart('collection'), 'intake'));
    endpoint.acceptFrom([NetworkPeer.namespace('shop')], 'traces of the shop');
    const { metadata, spec } = objectOf(renderApp(app), 'NetworkPolicy', 'intake');
    expect(spec.ingress).toHaveLength(1);
    expect(metadata.annotations).toEqual({ 'plumbline.dev/outside': 'ingress 8080: traces of the shop' });
  });
});
