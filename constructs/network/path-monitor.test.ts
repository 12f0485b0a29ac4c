import { Duration } from 'cdk8s';
import { NodePort } from '../core/exposure';
import { Prometheus } from '../metrics/prometheus';
import {
  asYaml,
  exceptionsOf,
  fileOf,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { PathMonitor, type PathMonitorProps } from './path-monitor';

const gateway = { name: 'gateway', host: '192.0.2.1' };
/** Props that cannot be, by what is said of them. */
const refused: readonly (readonly [string, Partial<PathMonitorProps>])[] = [
  ['interval', { interval: Duration.seconds(5) }],
  ['packets', { packets: 0 }],
  ['packets', { packets: 1.5 }],
  ['packets', { packets: 60 }],
  ['maxHops', { maxHops: 65 }],
  ['targets[0].host', { targets: [{ name: 'a', host: '--help' }] }],
  ['range', { ranges: ['everywhere'] }],
  [
    'targets',
    { targets: Array.from({ length: 150 }, (_, index) => ({ name: `t${index}`, host: `192.0.2.${index}` })) },
  ],
];
const minimal: PathMonitorProps = { targets: [gateway] };
const everything: OwnProps<PathMonitorProps> = {
  exposure: new NodePort(30808),
  name: 'paths',
  targets: [
    { ...gateway, region: 'eu-central-1', site: 'Berlin 2', provider: 'aws', link: 'berlin-frankfurt' },
    { name: 'far', host: 'far.example.org' },
  ],
  interval: Duration.minutes(5),
  packets: 20,
  maxHops: 40,
  ranges: ['192.0.2.0/24'],
  resources: { cpu: '10m', memory: '64Mi', memoryLimit: '128Mi' },
  image: 'registry.example.org/plumbline-workers:1.0.0',
};

function render(props: PathMonitorProps) {
  const app = testApp();
  const monitor = new PathMonitor(app.chart('network'), 'network-paths', props);
  if (props.exposure === undefined) monitor.page.expose(new NodePort(30808));
  new Prometheus(app.chart('metrics'), 'prometheus').scrape(monitor);
  return { app, monitor, objects: renderApp(app) };
}

describe('PathMonitor', () => {
  it('needs targets only', () => {
    const { app, objects } = render(minimal);
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'network'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(everything);
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'network'))).toMatchSnapshot();
  });

  it('pings by a sysctl of its pod, for its own group alone, with no exception from what is usual', () => {
    const { objects } = render(minimal);
    const { spec } = podTemplateOf(objects, 'Deployment', 'network-paths');
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      sysctls: [{ name: 'net.ipv4.ping_group_range', value: '65532 65532' }],
    });
    expect(spec.containers[0]?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(exceptionsOf(objects)).toEqual([]);
  });

  const egressOf = (props: PathMonitorProps) => {
    const policy = objectOf(render(props).objects, 'NetworkPolicy', props.name ?? 'network-paths');
    return { egress: policy.spec.egress, reason: policy.metadata.annotations?.['plumbline.dev/outside'] };
  };

  it('is let out to its targets alone, by every protocol, as policies cannot name ICMP', () => {
    const targets = [gateway, { name: 'six', host: '2001:db8::1' }];
    const { egress, reason } = egressOf({ targets });
    expect(egress).toEqual([
      { to: [{ ipBlock: { cidr: '192.0.2.1/32' } }] },
      { to: [{ ipBlock: { cidr: '2001:db8::1/128' } }] },
    ]);
    expect(reason).toContain('egress *: pings');
  });

  it('is let out anywhere for a name, unless somebody says where it is', () => {
    const targets = [{ name: 'far', host: 'far.example.org' }];
    expect(egressOf({ targets }).egress).toContainEqual({ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] });
    const { egress } = egressOf({ targets, ranges: ['198.51.100.0/24'] });
    expect(egress).toContainEqual({ to: [{ ipBlock: { cidr: '198.51.100.0/24' } }] });
    expect(JSON.stringify(egress)).not.toContain('/0"');
    // Its name has to be resolved all the same.
    expect(JSON.stringify(egress)).toContain('"port":53');
  });

  it('measures as many at once as there have to be', () => {
    const targets = Array.from({ length: 60 }, (_, index) => ({ name: `t${index}`, host: `192.0.2.${index + 1}` }));
    const told = (props: PathMonitorProps) =>
      JSON.parse(fileOf(render(props).objects, 'network-paths-config', 'paths.json')) as { concurrency: number };
    // 60 targets of 20 seconds, every minute.
    expect(told({ targets }).concurrency).toBe(20);
    expect(told(minimal).concurrency).toBe(1);
  });

  it.each(refused)('refuses %s that cannot be, %#', (prop, props) => {
    expect(() => render({ ...minimal, ...props })).toThrow(prop);
  });
});
