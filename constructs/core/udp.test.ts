import { images } from '../images';
import { containerOf, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { Deployment } from './deployment';
import { Endpoint } from './endpoint';
import { NodePort } from './exposure';
import type { PlatformApp } from './platform-app';
import { Probe } from './probe';
import { Service } from './service';

function workload(app: PlatformApp, concern: string, name: string) {
  return new Deployment(app.chart(concern), name, {
    name,
    instance: name,
    runAs: { user: 1000 },
    container: {
      image: images.tempo,
      resources: { cpu: '100m', memory: '64Mi' },
      readiness: Probe.tcp('dns'),
      liveness: Probe.tcp('dns'),
    },
  });
}

function render() {
  const app = testApp();
  const server = workload(app, 'metrics', 'resolver');
  const service = new Service(app.chart('metrics'), 'service', { workload: server });
  const udp = service.endpoint({ name: 'dns-udp', port: 5353, servicePort: 53, protocol: 'UDP' });
  const tcp = service.endpoint({ name: 'dns', port: 5353, servicePort: 53 });
  return { app, server, service, udp, tcp };
}

describe('A UDP endpoint', () => {
  it('may have the number of a TCP one, on the pod and on the Service', () => {
    const { app, tcp } = render();
    const client = workload(app, 'collection', 'dns');
    client.listen('dns', 8080);
    client.setEnv('RESOLVER', client.connectTo(tcp).authority);
    const objects = renderApp(app);
    expect(containerOf(objects, 'Deployment', 'resolver').ports).toEqual([
      { name: 'dns-udp', containerPort: 5353, protocol: 'UDP' },
      { name: 'dns', containerPort: 5353, protocol: 'TCP' },
    ]);
    expect(objectOf(objects, 'Service', 'resolver').spec.ports).toEqual([
      { name: 'dns-udp', port: 53, targetPort: 'dns-udp', protocol: 'UDP' },
      { name: 'dns', port: 53, targetPort: 'dns' },
    ]);
    expect(violationsOf(app)).toEqual([]);
  });

  it('is open to whoever connects to it, for UDP and not for TCP, at both ends', () => {
    const { app, udp } = render();
    const client = workload(app, 'collection', 'dns');
    client.listen('dns', 8080);
    const { authority } = client.connectTo(udp);
    client.setEnv('RESOLVER', authority);
    expect(authority).toBe('resolver.metrics.svc.cluster.local:53');
    const objects = renderApp(app);
    const portsOf = (name: string, direction: 'ingress' | 'egress') =>
      (objectOf(objects, 'NetworkPolicy', name).spec[direction] as readonly { readonly ports: object[] }[]).map(
        ({ ports }) => ports,
      );
    expect(portsOf('resolver', 'ingress')).toEqual([[{ port: 5353, protocol: 'UDP' }]]);
    expect(portsOf('dns', 'egress')).toContainEqual([{ port: 5353, protocol: 'UDP' }]);
    expect(violationsOf(app)).toEqual([]);
  });

  it('has a door of its own, at a node port that TCP may have too', () => {
    const { app, udp, tcp } = render();
    udp.expose(new NodePort(30053));
    tcp.expose(new NodePort(30053));
    const objects = renderApp(app);
    expect(objectOf(objects, 'Service', 'resolver').spec).not.toHaveProperty('type');
    // Numbers of node ports are those of one Service, whatever the protocol.
    expect(objectOf(objects, 'Service', 'resolver-door').spec).toMatchObject({
      type: 'NodePort',
      ports: [
        { protocol: 'UDP', nodePort: 30053 },
        { name: 'dns', nodePort: 30053 },
      ],
    });
    expect(objectOf(objects, 'NetworkPolicy', 'resolver').metadata.annotations).toEqual({
      'plumbline.dev/outside': 'ingress 5353/UDP: NodePort 30053\ningress 5353: NodePort 30053',
    });
    expect(violationsOf(app)).toEqual([]);
  });

  it('may be outside', () => {
    const { app, server } = render();
    const host = '192.0.2.53';
    server.connectTo(Endpoint.external(host, 162, { protocol: 'UDP', ranges: [`${host}/32`] }));
    const { metadata, spec } = objectOf(renderApp(app), 'NetworkPolicy', 'resolver');
    expect(metadata.annotations).toEqual({ 'plumbline.dev/outside': 'egress 162/UDP: 192.0.2.53' });
    expect(spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '192.0.2.53/32' } }],
      ports: [{ port: 162, protocol: 'UDP' }],
    });
    expect(violationsOf(app)).toEqual([]);
  });

  it('does not have a number or a name twice', () => {
    const { service } = render();
    expect(() => service.endpoint({ name: 'more', port: 5354, servicePort: 53, protocol: 'UDP' })).toThrow(
      'port more (53) exists twice in Service resolver',
    );
    expect(() => service.endpoint({ name: 'more', port: 5353, servicePort: 54, protocol: 'UDP' })).toThrow(
      'resolver.ports.more is "5353/UDP", which is not free: dns-udp is 5353/UDP',
    );
  });
});
