import { images } from '../images';
import { objectOf, podTemplateOf, renderApp, testApp, violationsOf } from '../testing';
import { Deployment } from './deployment';
import { NetworkPeer } from './network-peer';
import { Probe } from './probe';

const router = NetworkPeer.addresses('192.0.2.1/32');

function render(pings: boolean) {
  const app = testApp();
  const workload = new Deployment(app.chart('network'), 'prober', {
    name: 'prober',
    instance: 'prober',
    runAs: { user: 1000, group: 2000, pings },
    container: {
      image: images.tempo,
      resources: { cpu: '10m', memory: '16Mi' },
      readiness: Probe.tcp('http'),
      liveness: Probe.tcp('http'),
    },
  });
  workload.listen('http', 8080);
  return { app, workload };
}

describe('Echo requests', () => {
  it('are of a group, by a setting of the pod that every namespace admits, and of nobody else', () => {
    const spec = (pings: boolean) => podTemplateOf(renderApp(render(pings).app), 'Deployment', 'prober').spec;
    expect(spec(true).securityContext).toMatchObject({
      sysctls: [{ name: 'net.ipv4.ping_group_range', value: '2000 2000' }],
    });
    expect(spec(true).containers[0]?.securityContext).toMatchObject({ capabilities: { drop: ['ALL'] } });
    expect(spec(false).securityContext).not.toHaveProperty('sysctls');
  });

  it('go to addresses by a rule without ports, beside what is open there by port, with their reasons', () => {
    const { app, workload } = render(true);
    workload.network.allowPings([router], 'echo requests to the router');
    workload.network.allowOutside('egress', [router], { port: 22 }, 'its console');
    expect(violationsOf(app)).toEqual([]);
    const { metadata, spec } = objectOf(renderApp(app), 'NetworkPolicy', 'prober');
    const to = [{ ipBlock: { cidr: '192.0.2.1/32' } }];
    expect(spec.egress).toEqual(expect.arrayContaining([{ to }, { to, ports: [{ port: 22, protocol: 'TCP' }] }]));
    expect(metadata.annotations?.['plumbline.dev/outside']).toBe(
      'egress *: echo requests to the router\negress 22: its console',
    );
    expect(workload.network.spec).toHaveProperty('egress', expect.arrayContaining([{ to }]));
  });
});
