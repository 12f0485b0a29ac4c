import { NetworkPeer } from '../core/network-peer';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { Grafana } from '../visualization/grafana';
import { Loki } from '../logs/loki';
import { asYaml, givenSecret, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { ObjectStore } from '../storage/object-store';
import { Access } from './access';

type Part = 'grafana' | 'loki' | 'tempo';

/** Three parts of a platform, whose doors are what `access` says. */
function render(access: Access<Part>) {
  const app = testApp();
  new Grafana(app.chart('visualization'), 'grafana', access.page('grafana'));
  new Loki(app.chart('logs'), 'loki', access.door('loki'));
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
  new TempoMonolith(app.chart('tracing'), 'tempo', { ...access.door('tempo'), blocks });
  return { app, objects: renderApp(app) };
}

const doorsOf = ({ objects }: ReturnType<typeof render>) =>
  objects.filter(
    ({ kind, spec }) => kind === 'Ingress' || (spec as { type?: string } | undefined)?.type === 'NodePort',
  );

describe('Access to parts of a platform', () => {
  it('by port-forward needs no door', () => {
    const rendered = render(Access.portForward());
    expect(doorsOf(rendered)).toEqual([]);
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(Access.portForward().page('grafana')).toEqual({});
  });

  it('by ports of nodes lets in whom each port is for, and all from elsewhere by none', () => {
    const access = Access.nodePorts<Part>(
      { grafana: 30300, loki: { port: 30310, clientRanges: ['10.9.0.0/24'] }, tempo: 30320 },
      { clientRanges: ['10.0.0.0/8'], node: 'node-1.example.org' },
    );
    const rendered = render(access);
    const { objects, app } = rendered;
    expect(violationsOf(app)).toEqual([]);
    expect(doorsOf(rendered).map(({ metadata }) => metadata.name)).toEqual(['grafana', 'loki', 'tempo-door']);
    expect(objectOf(objects, 'Service', 'loki').spec.ports).toMatchObject([{ name: 'http', nodePort: 30310 }]);
    // Its other ports stay within the cluster.
    expect(objectOf(objects, 'Service', 'tempo-door').spec.ports).toMatchObject([{ port: 3200, nodePort: 30320 }]);
    expect(objectOf(objects, 'Service', 'tempo').spec).not.toHaveProperty('type');
    // Policies see who the client is.
    expect(objectOf(objects, 'Service', 'loki').spec.externalTrafficPolicy).toBe('Local');
    const letIn = (name: string) => asYaml([objectOf(objects, 'NetworkPolicy', name)]);
    expect(letIn('loki')).toContain('cidr: 10.9.0.0/24');
    expect(letIn('loki')).not.toContain('10.0.0.0/8');
    expect(letIn('grafana')).toContain('cidr: 10.0.0.0/8');
    expect(access.url('grafana')).toEqual({ url: 'http://node-1.example.org:30300' });
    expect(Access.nodePorts<Part>({ loki: 30310 }).page('tempo')).toEqual({});
  });

  it('by host names is an Ingress for each, with one certificate, and links lead there', () => {
    const access = Access.hostNames<Part>(
      { grafana: 'grafana.example.org', loki: 'loki.example.org' },
      { className: 'traefik', controller: NetworkPeer.namespace('traefik'), certificate: 'wildcard' },
    );
    const rendered = render(access);
    const given = ['logs', 'visualization'].map((namespace) => givenSecret(namespace, 'wildcard'));
    expect(violationsOf(rendered.app, { given })).toEqual([]);
    expect(doorsOf(rendered).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Ingress grafana-http',
      'Ingress loki-http',
    ]);
    expect(objectOf(rendered.objects, 'Ingress', 'loki-http').spec.tls).toEqual([
      { hosts: ['loki.example.org'], secretName: 'wildcard' },
    ]);
    expect(access.page('grafana').url).toBe('https://grafana.example.org');
    expect(access.url('tempo')).toEqual({});
  });

  it('is refused where it cannot be', () => {
    expect(() => Access.nodePorts({ grafana: 3000 })).toThrow('NodePort.port is 3000');
    const options = { className: 'traefik', controller: NetworkPeer.namespace('traefik'), certificate: 'x' };
    expect(() => Access.hostNames({ grafana: 'https://grafana' }, options)).toThrow('Ingress.host');
  });
});
